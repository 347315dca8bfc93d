package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Translates exceptions of the driver, the pool and Jdbi into typed failures, by SQLSTATE.
 *
 * <p>Jdbi's exceptions print the bound arguments, so they are unwrapped; the driver's are kept as
 * the cause. They print no values: {@code logServerErrorDetail} is off, and where an application's
 * own connection has it on, the cause is a copy without the detail.
 */
final class PostgresFailures {

  static final String FOREIGN_KEY = "23503";
  static final String READ_ONLY = "25006";

  /** This library's own, of the class of lost connections: there is no primary to connect to. */
  static final String NO_PRIMARY = "08Z01";

  /** This library's own: the server was demoted while it was asked. */
  static final String DEMOTED = "08Z02";

  private static final String STATEMENT_TIMEOUT = "57014";
  private static final String LOCK_TIMEOUT = "55P03";

  /** Raised by the trigger of the optional set audit. */
  private static final String NOT_LOGGED = "58A01";

  private static final String SCHEMA_FIX =
      "; the schema is missing or older than this library: apply the bundled migrations with"
          + " PostgresConfig.Builder.migrateOnOpen() or MigrationRunner";

  private PostgresFailures() {}

  /**
   * The typed failure.
   *
   * @param what what was done to whom, to begin the message with
   */
  static PersistenceException of(String what, Throwable thrown) {
    return of(what, thrown, false);
  }

  /** The typed failure of a statement of the application, on tables of its own. */
  static PersistenceException ofApplication(String what, Throwable thrown) {
    return of(what, thrown, true);
  }

  private static PersistenceException of(String what, Throwable thrown, boolean application) {
    if (thrown instanceof PersistenceException already) {
      return already;
    }
    SQLException sql = sqlException(thrown);
    if (sql == null) {
      return new NonTransientPersistenceException(
          DataError.CONSISTENCY_VIOLATION,
          what + ": failed unexpectedly (" + thrown.getClass().getSimpleName() + ")",
          thrown);
    }
    sql = withoutDetail(sql);
    String state = state(sql);
    String message = what + ": " + reason(sql, application);
    if (sql instanceof SQLTransientConnectionException) {
      return noConnection(state, message, sql);
    }
    String pooler = PoolerFailures.sentence(state, serverMessage(sql));
    if (!pooler.isEmpty()) {
      return new NonTransientPersistenceException(
          DataError.MISCONFIGURED, message + "; " + pooler, sql);
    }
    return switch (state) {
      case "40001", "40P01", LOCK_TIMEOUT ->
          new TransientPersistenceException(DataError.TRANSACTION_CONFLICT, message, sql);
      case STATEMENT_TIMEOUT ->
          new TransientPersistenceException(
              DataError.TIMEOUT, message + "; the statement ran into its timeout", sql);
      case "57P03" -> new TransientPersistenceException(DataError.UNAVAILABLE, message, sql);
      case "57P01", "57P02", "57P05", "25006", "25P03", "25P04" ->
          new TransientPersistenceException(DataError.CONNECTION_FAILED, message, sql);
      case "23505" -> new NonTransientPersistenceException(DataError.DUPLICATE_KEY, message, sql);
      case "42501" -> new NonTransientPersistenceException(DataError.ACCESS_DENIED, message, sql);
      case "42P01", "3F000", "42703", "42704", "42883" ->
          new NonTransientPersistenceException(
              DataError.MISCONFIGURED, application ? message : message + SCHEMA_FIX, sql);
      case NOT_LOGGED ->
          new NonTransientPersistenceException(DataError.MISCONFIGURED, message, sql);
      case "XX001", "XX002" ->
          new NonTransientPersistenceException(
              DataError.DATA_CORRUPTION,
              message + "; check its disk, and restore from a backup or a replica",
              sql);
      default -> byClass(state, message, sql);
    };
  }

  /** A server's detail quotes values, such as those of a duplicate key. */
  private static SQLException withoutDetail(SQLException sql) {
    ServerErrorMessage server = serverMessage(sql);
    if (server == null) {
      return sql;
    }
    PSQLException copy = new PSQLException(server, false);
    if (String.valueOf(copy.getMessage()).equals(sql.getMessage())) {
      return sql;
    }
    copy.setStackTrace(sql.getStackTrace());
    return copy;
  }

  /** The pool gave no connection: all were in use, or the server refused to open another one. */
  private static PersistenceException noConnection(String state, String message, SQLException sql) {
    if (sql.getCause() instanceof PersistenceException noPassword) {
      return new TransientPersistenceException(
          DataError.CONNECTION_FAILED, message + "; " + noPassword.getMessage(), sql);
    }
    if (state.isEmpty()) {
      return new TransientPersistenceException(
          DataError.POOL_EXHAUSTED,
          message
              + "; all connections were in use until acquireTimeout: raise maxConnections, or"
              + " use fewer threads",
          sql);
    }
    boolean refused = state.equals("57P03") || state.startsWith("53");
    return new TransientPersistenceException(
        refused ? DataError.UNAVAILABLE : DataError.CONNECTION_FAILED,
        message + "; no connection before acquireTimeout",
        sql);
  }

  private static PersistenceException byClass(String state, String message, SQLException sql) {
    String kind = state.length() == 5 ? state.substring(0, 2) : "";
    return switch (kind) {
      case "08", "58", "" ->
          new TransientPersistenceException(DataError.CONNECTION_FAILED, message, sql);
      case "53" -> new TransientPersistenceException(DataError.UNAVAILABLE, message, sql);
      case "40" -> new TransientPersistenceException(DataError.TRANSACTION_CONFLICT, message, sql);
      case "22", "23", "44", "54", "P0" ->
          new NonTransientPersistenceException(DataError.CONSTRAINT_VIOLATION, message, sql);
      case "28" -> new NonTransientPersistenceException(DataError.ACCESS_DENIED, message, sql);
      default -> new NonTransientPersistenceException(DataError.MISCONFIGURED, message, sql);
    };
  }

  /** The conclusion from a failed statement about the rows that it wrote. */
  enum Verdict {
    /** Nothing: the connection, the server, its resources or another transaction failed. */
    OUTAGE,
    /** They, or a lock that they need, took longer than a statement may. */
    OUT_OF_TIME,
    /** PostgreSQL refused one of them, or refuses all: only its neighbours can tell which. */
    REFUSED
  }

  /** Returns the conclusion from the failure of a statement about its rows. */
  static Verdict verdict(Throwable thrown) {
    SQLException sql = sqlException(thrown);
    if (sql == null || sql instanceof SQLTransientConnectionException) {
      return Verdict.OUTAGE;
    }
    String state = state(sql);
    if (state.equals(STATEMENT_TIMEOUT) || state.equals(LOCK_TIMEOUT)) {
      return Verdict.OUT_OF_TIME;
    }
    if (!PoolerFailures.sentence(state, serverMessage(sql)).isEmpty()) {
      return Verdict.OUTAGE;
    }
    return switch (state.length() == 5 ? state.substring(0, 2) : "") {
      case "08", "25", "26", "28", "3D", "40", "53", "57", "" -> Verdict.OUTAGE;
      default -> Verdict.REFUSED;
    };
  }

  /** Whether both were refused with the same SQLSTATE and constraint. */
  static boolean areAlike(Throwable one, Throwable other) {
    return state(one).equals(state(other)) && constraint(one).equals(constraint(other));
  }

  /**
   * Whether the server itself found fault with a row's data, as opposed to a function that a
   * trigger calls and that raised what it liked.
   */
  static boolean findsFaultWithData(Throwable thrown) {
    String state = state(thrown);
    ServerErrorMessage server = serverMessage(sqlException(thrown));
    return (state.startsWith("22") || state.startsWith("23") || state.startsWith("54"))
        && server != null
        && !"exec_stmt_raise".equals(server.getRoutine());
  }

  /** Whether the server, rather than a row, is what the failure is about. */
  static boolean concernsServer(Throwable thrown) {
    SQLException sql = sqlException(thrown);
    return sql instanceof SQLTransientConnectionException
        || (sql != null
            && switch (state(sql).length() == 5 ? state(sql).substring(0, 2) : "") {
              case "08", "26", "28", "3D", "53", "57", "58" -> true;
              default -> state(sql).equals("42P05");
            });
  }

  /**
   * Whether the session that met this failure cannot be used any more, and others may be as badly
   * off: its connection was cut, its server accepts no writes, or it lost what the driver had
   * prepared in it. A session that was ended for its own idleness is not meant: the pool takes its
   * connection for closed.
   */
  static boolean spoilsSession(Throwable thrown) {
    SQLException sql = sqlException(thrown);
    if (sql == null || sql instanceof SQLTransientConnectionException) {
      return false;
    }
    String state = state(sql);
    return state.startsWith("08")
        || state.startsWith("57P0")
        || state.startsWith("26")
        || state.equals("25006")
        || state.equals("0A000");
  }

  /**
   * Whether the server did not answer in time, or could not be connected to until the deadline. Not
   * when all connections of the pool are lent to others, which may well get answers.
   */
  static boolean isSilence(Throwable thrown) {
    boolean connecting = false;
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SocketTimeoutException) {
        return true;
      }
      if (connecting && cause instanceof SQLException refused && refused.getSQLState() != null) {
        return refused.getSQLState().startsWith("08");
      }
      connecting |= cause instanceof SQLTransientConnectionException;
    }
    return false;
  }

  /**
   * Whether a COMMIT that failed so may have been carried out: the connection or the server failed,
   * rather than the transaction. A session that was idle for too long ended before.
   */
  static boolean leavesOutcomeUnknown(Throwable thrown) {
    String state = state(thrown);
    return switch (state.length() == 5 ? state.substring(0, 2) : "") {
      case "08", "57", "58", "XX", "" -> !state.equals(STATEMENT_TIMEOUT);
      case "25" -> state.equals("25P04");
      default -> false;
    };
  }

  /** Whether the statement took longer than it may, or was cancelled. */
  static boolean isStatementTimeout(Throwable thrown) {
    return state(thrown).equals(STATEMENT_TIMEOUT);
  }

  /** The SQLSTATE, or an empty string. */
  static String state(Throwable thrown) {
    SQLException sql = sqlException(thrown);
    return sql == null || sql.getSQLState() == null ? "" : sql.getSQLState();
  }

  /** SQLSTATE, constraint and table, and the server's words where they hold no values. */
  static String reason(Throwable thrown) {
    return reason(thrown, false);
  }

  private static String reason(Throwable thrown, boolean application) {
    SQLException sql = sqlException(thrown);
    StringBuilder reason = new StringBuilder();
    reason.append(state(thrown).isEmpty() ? "no SQLSTATE" : "SQLSTATE " + state(thrown));
    ServerErrorMessage server = serverMessage(sql);
    if (server != null) {
      append(reason, "constraint", server.getConstraint());
      append(reason, "table", qualified(server));
      append(reason, "column", server.getColumn());
    }
    String rule = ConstraintRules.of(constraint(thrown));
    String words =
        rule.isEmpty() ? (application ? ownWords(state(thrown)) : words(state(thrown))) : rule;
    if (!words.isEmpty()) {
      reason.append(": ").append(words);
    }
    return reason.toString();
  }

  /** The constraint that did not hold, or an empty string. */
  static String constraint(Throwable thrown) {
    ServerErrorMessage server = serverMessage(sqlException(thrown));
    return server == null || server.getConstraint() == null ? "" : server.getConstraint();
  }

  private static @Nullable ServerErrorMessage serverMessage(@Nullable SQLException sql) {
    return sql instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
  }

  private static void append(StringBuilder reason, String label, @Nullable String name) {
    if (name != null) {
      reason.append(", ").append(label).append(' ').append(name);
    }
  }

  private static @Nullable String qualified(ServerErrorMessage server) {
    return server.getTable() == null || server.getSchema() == null
        ? server.getTable()
        : server.getSchema() + "." + server.getTable();
  }

  /** Those of a statement of the application, where they differ. */
  private static String ownWords(String state) {
    return switch (state) {
      case "22P02" -> "a text has not the form that its type demands";
      case FOREIGN_KEY -> "refers to a row that is not there, or is still referred to";
      case "42P01", "3F000", "42703", "42704", "42883" ->
          "the statement names something that is not there, or not in the search path";
      default -> words(state);
    };
  }

  private static String words(String state) {
    return switch (state) {
      case "22P02" -> "not a valid JSON document";
      case "22P05" -> "holds a character that the database cannot store, such as NUL";
      case "22021" -> "holds bytes that are no text";
      case "22003" -> "a number is out of range";
      case "22001" -> "too long for its column";
      case FOREIGN_KEY -> "refers to an agent that is not registered, or is still referred to";
      case "23514" -> "a check constraint does not hold";
      case "23502" -> "a mandatory value is absent";
      case "54001" -> "nested too deep";
      case "25P02" ->
          "an earlier statement failed, so that the transaction can only be rolled back";
      case "25006" -> "the server accepts no writes at present";
      case STATEMENT_TIMEOUT -> "it takes longer than a statement may";
      case LOCK_TIMEOUT -> "another session holds a lock on it";
      case "08001" -> "cannot connect; check host and port, and that the server runs";
      case NO_PRIMARY ->
          "none of the servers is the primary; promote one, or correct the hosts of the URL";
      case DEMOTED -> "another server was promoted while this one was asked";
      case "08000", "08003", "08006", "57P01", "57P02" -> "the connection was lost";
      case "57P03" -> "the server is starting or shutting down";
      case "53100" -> "the server's disk is full";
      case "53200" -> "the server has no memory left";
      case "XX001" -> "a page or a row of the table is damaged";
      case "XX002" -> "an index is damaged";
      case "53300" ->
          "the server has no connection left; lower maxConnections or raise its max_connections";
      case "3D000" -> "there is no such database; create it, or correct the JDBC URL";
      case "28P01", "28000" -> "the server refuses the user or the password";
      case "42501" -> "the role lacks a privilege, or the row belongs to another tenant";
      case NOT_LOGGED ->
          "the audit log cannot be written, so nothing is changed; repair audit.change_log";
      default -> "";
    };
  }

  /** The first SQL exception in the chain. */
  private static @Nullable SQLException sqlException(Throwable thrown) {
    Throwable candidate = thrown;
    while (candidate != null && !(candidate instanceof SQLException)) {
      candidate = candidate.getCause() == candidate ? null : candidate.getCause();
    }
    return (SQLException) candidate;
  }
}
