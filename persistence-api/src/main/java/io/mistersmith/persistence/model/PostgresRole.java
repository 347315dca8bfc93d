package io.mistersmith.persistence.model;

/**
 * The purpose of a connection to PostgreSQL. Each role has a pool of its own, and may have its own
 * host, database, user and password; {@link io.mistersmith.persistence.config.RoleConfig} has the
 * settings.
 */
public enum PostgresRole {
  /**
   * The reads and writes of callers. Its user needs SELECT, INSERT, UPDATE and DELETE only;
   * docs/connections.md has the grants.
   */
  PRIMARY,
  /**
   * Servers that follow the primary, for reads that may be old: lists of checkpoints and lifecycle
   * events, and transactions that ask for it. There is a pool for each that is configured, and none
   * by default. A replica that is away does not keep a runtime from opening.
   */
  REPLICA,
  /**
   * Work that no caller waits for: the upkeep of partitions, sweeps, checks of consistency,
   * heartbeats of agents. Its user may own the tables, which the upkeep of partitions needs. It
   * keeps no idle connection, where one is customary: a runtime that neither flushes nor has
   * heartbeats needs none, and with 32 runtimes the server would keep 32 for them.
   */
  BACKGROUND,
  /**
   * Reports, which may take minutes: transactions that ask for it, and nothing else. It has a pool
   * only where it is configured, and a server that is away does not keep a runtime from opening.
   */
  ANALYTICS,
  /** The flush, which gets its own two connections whatever the other roles do. */
  FLUSH,
  /**
   * The migrations at open: one connection at a time, outside any pool. Give it the user that owns
   * the tables, and the other roles users that may only use them; and a URL that bypasses a pooler.
   */
  MIGRATION
}
