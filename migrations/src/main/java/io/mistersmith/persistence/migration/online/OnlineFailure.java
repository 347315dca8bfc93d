package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The exceptions of failed changes to tables in use, by PostgreSQL's error codes. */
final class OnlineFailure {
  private static final String QUERY_CANCELED = "57014";

  /** lock_not_available, deadlock_detected, serialization_failure. */
  private static final Set<String> CONTENTION = Set.of("55P03", "40P01", "40001", QUERY_CANCELED);

  /**
   * lock_not_available, deadlock_detected, serialization_failure; and duplicate_table or, from the
   * catalog, unique_violation, when another builder created the same index a moment before.
   */
  private static final Set<String> INDEX_CONTENTION =
      Set.of("55P03", "40P01", "40001", "42P07", "23505");

  /** undefined_function, undefined_table, invalid_schema_name. */
  private static final Set<String> UNDEFINED = Set.of("42883", "42P01", "3F000");

  private static final Set<String> DISCONNECTED =
      Set.of("53300", "57P01", "57P02", "57P03", "57P05");

  private OnlineFailure() {}

  /** The exception of a failed step of a change to a column or through a shadow table. */
  static MigrationException ofChange(String what, SQLException e) {
    Kind kind = kind(e.getSQLState());
    String advice =
        kind.retryable()
            ? "What was done is kept; go on by the same call."
            : "What was done is kept.";
    // The lines below the first may quote rows, except for the hint.
    String message = String.valueOf(e.getMessage());
    String hint =
        message
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("Hint: "))
            .findFirst()
            .map(line -> " " + line.substring("Hint: ".length()))
            .orElse("");
    return new MigrationException(
        kind,
        "%s: %s [SQLSTATE %s].%s%s %s"
            .formatted(what, firstLine(e), e.getSQLState(), hint, missingSet(e), advice),
        e);
  }

  /** The exception of a failed statement of an index build. */
  static MigrationException ofIndex(String what, SQLException e) {
    String state = e.getSQLState();
    // A build is cancelled by its statement timeout or by an operator: another call does not help.
    Kind kind =
        isIndexContention(e)
            ? Kind.LOCKED
            : QUERY_CANCELED.equals(state) ? Kind.REFUSED : kind(state);
    return new MigrationException(
        kind, "%s: %s [SQLSTATE %s].%s".formatted(what, firstLine(e), state, missingSet(e)), e);
  }

  /** Whether another session blocked the statement, so that it may succeed a moment later. */
  static boolean isIndexContention(SQLException e) {
    return e.getSQLState() != null && INDEX_CONTENTION.contains(e.getSQLState());
  }

  /** Returns the advice for a missing schema, table or function of an optional set; else empty. */
  private static String missingSet(SQLException e) {
    if (e.getSQLState() == null || !UNDEFINED.contains(e.getSQLState())) {
      return "";
    }
    String message = firstLine(e);
    return message.contains("migrations.")
        ? " Apply the set 'online' of the migrations first."
        : message.contains("monitoring")
            ? " Apply the set 'monitoring' of the migrations first."
            : "";
  }

  private static String firstLine(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("no message");
  }

  private static boolean isConnectionLoss(@Nullable String state) {
    return state == null || state.startsWith("08") || DISCONNECTED.contains(state);
  }

  private static Kind kind(@Nullable String state) {
    if (state == null || isConnectionLoss(state)) {
      return Kind.DATABASE_UNAVAILABLE;
    }
    if (CONTENTION.contains(state)) {
      return Kind.LOCKED;
    }
    return switch (state.substring(0, 2)) {
      case "55", "02" -> Kind.WRONG_STATE;
      case "23" -> Kind.DATA_REFUSED;
      case "0A", "22", "42" -> state.equals("42501") ? Kind.REFUSED : Kind.INVALID_CHANGE;
      default -> Kind.REFUSED;
    };
  }
}
