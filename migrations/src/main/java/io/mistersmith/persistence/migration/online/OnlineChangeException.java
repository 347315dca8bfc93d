package io.mistersmith.persistence.migration.online;

import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A change of a table in use did not go on. Whatever was done of it is kept, and the same call goes
 * on from there; the message names the table and says what to do, {@link #kind()} what sort of
 * trouble it was.
 */
public final class OnlineChangeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What sort of trouble it was. */
  public enum Kind {
    /** The change, as it was asked for, cannot be made of this table. */
    INVALID_CHANGE(false),
    /** Others kept the table or its rows locked in every attempt. */
    LOCKED(true),
    /** A constraint refuses a row of the table. */
    DATA_REFUSED(false),
    /** A shadow is not like its table. */
    DIFFERENT(false),
    /** The step cannot be made of a change that is where this one is. */
    WRONG_STATE(false),
    /** The database could not be reached, or broke the connection off. */
    DATABASE_UNAVAILABLE(true),
    /** The waiting thread was interrupted. */
    INTERRUPTED(true),
    /** The database refused something else, as for lack of a privilege. */
    REFUSED(false);

    private final boolean retryable;

    Kind(boolean retryable) {
      this.retryable = retryable;
    }

    /** Whether the same call may succeed later without anybody changing anything. */
    public boolean retryable() {
      return retryable;
    }
  }

  private static final Set<String> CONTENTION = Set.of("55P03", "40P01", "40001", "57014");
  private static final Set<String> DISCONNECTED =
      Set.of("53300", "57P01", "57P02", "57P03", "57P05");

  private final Kind kind;
  private final @Nullable String sqlState;

  OnlineChangeException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.sqlState = cause instanceof SQLException sql ? sql.getSQLState() : null;
  }

  static OnlineChangeException of(String what, SQLException e) {
    Kind kind = kind(e.getSQLState());
    String advice =
        kind.retryable()
            ? "What was done is kept; go on by the same call."
            : "What was done is kept.";
    // The lines below the first may quote rows, but for the hint.
    String message = String.valueOf(e.getMessage());
    String first = message.lines().findFirst().orElse("no message");
    String hint =
        message
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("Hint: "))
            .findFirst()
            .map(line -> " " + line.substring("Hint: ".length()))
            .orElse("");
    return new OnlineChangeException(
        kind,
        "%s: %s [SQLSTATE %s].%s %s".formatted(what, first, e.getSQLState(), hint, advice),
        e);
  }

  /** What sort of trouble it was. */
  public Kind kind() {
    return kind;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  public boolean retryable() {
    return kind.retryable();
  }

  /** The SQLSTATE with which PostgreSQL refused, where it did. */
  public @Nullable String sqlState() {
    return sqlState;
  }

  private static Kind kind(@Nullable String state) {
    if (state == null || state.startsWith("08") || DISCONNECTED.contains(state)) {
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
