package io.mistersmith.persistence.security;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A change in the {@linkplain AuditLog audit log}. Documents are JSON text with secrets masked.
 *
 * @param id names it
 * @param at when it was logged, within the transaction that made it
 * @param table the table with its schema, such as {@code agents.state}
 * @param kind its kind
 * @param key the primary key of the row as a JSON object; of a truncation the name of the table
 * @param writer who made it
 * @param changedFields of an update {@code {"column": {"old": …, "new": …}}} for the columns that
 *     changed
 * @param oldData of a deletion the whole row
 * @param newData of an insert the whole row
 */
public record AuditChange(
    UUID id,
    Instant at,
    String table,
    Kind kind,
    String key,
    Writer writer,
    Optional<String> changedFields,
    Optional<String> oldData,
    Optional<String> newData) {

  /** Says what was changed by whom, without the values. */
  @Override
  public String toString() {
    return kind + " of " + table + " " + key + " at " + at + " by " + writer;
  }

  /** The kind of a change. */
  public enum Kind {
    /** A row was inserted. */
    INSERT,
    /** Columns of a row changed. */
    UPDATE,
    /** A row was deleted. */
    DELETE,
    /** A table or a partition was emptied. */
    TRUNCATE
  }

  /**
   * Who made a change.
   *
   * @param login the role that logged in to PostgreSQL: of an entry from KV the one that flushed it
   * @param role the role that it had put on
   * @param application its {@code application_name}
   * @param address its address; empty for a connection within the machine
   * @param transaction the number of its transaction
   * @param actor the actor that the application named: of an entry from KV its writer
   * @param correlationId the request that the application named
   */
  public record Writer(
      String login,
      Optional<String> role,
      Optional<String> application,
      Optional<String> address,
      long transaction,
      Optional<String> actor,
      Optional<String> correlationId) {}
}
