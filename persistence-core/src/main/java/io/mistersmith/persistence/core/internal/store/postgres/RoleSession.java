package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.config.RoleConfig;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The settings that the statements of a role need, as SQL. A session of the pool's own gets them
 * when it is connected. A session that is shared with other clients gets them in each transaction,
 * until the transaction ends: whatever was set for longer would reach the next client. Immutable.
 */
final class RoleSession {

  /**
   * A durable commit is what every acknowledgement of this library relies on. Sessions that commit
   * without waiting for the disk may be an application's, or a pooler's.
   */
  static final String DURABLE =
      """
      CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
           THEN 'on' ELSE current_setting('synchronous_commit') END""";

  private final boolean shared;
  private final Map<String, String> expressions = new LinkedHashMap<>();

  private RoleSession(boolean shared) {
    this.shared = shared;
  }

  /** Returns those of connections that the library opens. */
  static RoleSession of(RoleConfig role) {
    return of(role, role.pooler() == Pooler.TRANSACTION);
  }

  /** Returns those of connections that are others' before and after a transaction. */
  static RoleSession shared(RoleConfig role) {
    return of(role, true);
  }

  private static RoleSession of(RoleConfig role, boolean shared) {
    RoleSession session = new RoleSession(shared);
    Map<String, String> expressions = session.expressions;
    expressions.put("statement_timeout", millis(role.statementTimeout()));
    expressions.put("lock_timeout", millis(role.lockTimeout()));
    expressions.put("idle_in_transaction_session_timeout", millis(role.idleInTransactionTimeout()));
    expressions.put("synchronous_commit", DURABLE);
    role.settings().forEach((name, value) -> expressions.put(name, quoted(value)));
    return session;
  }

  /** Returns whether other clients have the session before and after a transaction. */
  boolean isShared() {
    return shared;
  }

  /** Returns the settings that a transaction has to set, by name, as expressions of SQL. */
  Map<String, String> ofTransaction() {
    return shared ? Collections.unmodifiableMap(expressions) : Map.of();
  }

  /** Returns the statement that sets all until the session ends. */
  String untilDisconnect() {
    return select(expressions, false);
  }

  /** Returns the statement that sets all until the transaction ends. */
  String untilCommit() {
    return select(expressions, true);
  }

  /**
   * Returns the statement that sets what it is given.
   *
   * @param local until the transaction ends, rather than the session
   */
  static String select(Map<String, String> expressions, boolean local) {
    StringJoiner session = new StringJoiner(",\n       ", "SELECT ", "");
    expressions.forEach(
        (name, expression) ->
            session.add("set_config(" + quoted(name) + ", " + expression + ", " + local + ")"));
    return session.toString();
  }

  private static String millis(Duration duration) {
    return quoted(Long.toString(Math.max(1, duration.toMillis())));
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
