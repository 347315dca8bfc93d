package io.mistersmith.persistence.security;

import java.util.List;

/**
 * The log of changes in PostgreSQL that the set of scripts {@code audit} keeps: who changed which
 * row of {@code agents.registry}, {@code agents.state} and {@code tasks.queue}, and what of it.
 * Changes by this library, by psql and by other programs are in it, each since its own commit: an
 * entry in KV is there once it is flushed. Secrets are masked by the rules in {@code
 * audit.redactions}. Thread-safe.
 *
 * <p>Reading it takes a login that may {@code SELECT} {@code audit.change_log}; writers need no
 * right on it. Nothing in this library changes a row of it but {@linkplain
 * io.mistersmith.persistence.config.MonitoringConfig the job} that purges old ones.
 */
public interface AuditLog {

  /** Whether the set is applied to this database. Asks PostgreSQL. */
  boolean isKept();

  /**
   * Returns a page of the changes that the query selects, latest first. Fewer than the query's
   * limit are on the last page alone; ask for the next one with {@code query.after(last change)}.
   * Changes that are committed meanwhile with a later time are on no further page.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     MISCONFIGURED} when the set is not applied
   */
  List<AuditChange> find(AuditQuery query);
}
