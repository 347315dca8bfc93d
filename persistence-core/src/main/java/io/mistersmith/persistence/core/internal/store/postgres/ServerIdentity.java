package io.mistersmith.persistence.core.internal.store.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which database cluster a connection leads to, and which of its lives.
 *
 * @param system the same for a primary and all its standbys, and for a copy of the data
 * @param timeline one more after each promotion
 */
record ServerIdentity(String system, int timeline) {

  /** A promotion may come between two functions; then the query fails, and is asked again. */
  private static final String ASK =
      """
      SELECT pg_is_in_recovery(),
             (SELECT system_identifier::text FROM pg_control_system()),
             CASE WHEN NOT pg_is_in_recovery()
                  THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END
      """;

  private static final Pattern TEXT = Pattern.compile("(\\d{1,20})/(\\d{1,9})");

  private static final String ASK_ROLE = "SELECT pg_is_in_recovery()";

  /** Whether this is the state of the cluster before a promotion that led to {@code other}. */
  boolean isBefore(ServerIdentity other) {
    return system.equals(other.system) && timeline < other.timeline;
  }

  /** Returns a text without blanks for {@link #parse}. */
  String text() {
    return system + "/" + timeline;
  }

  /** Returns the identity in a text of another runtime; empty where there is none. */
  static Optional<ServerIdentity> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(new ServerIdentity(parts.group(1), Integer.parseInt(parts.group(2))))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return "timeline " + timeline + " of system " + system;
  }

  /**
   * A server's answer.
   *
   * @param standby whether it follows another server
   * @param identity the identity of a primary; empty where the server does not tell this user
   */
  record Sighting(boolean standby, Optional<ServerIdentity> identity) {

    /** Asks the server of a connection that is not in a transaction. */
    static Sighting of(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(ASK)) {
        row.next();
        boolean standby = row.getBoolean(1);
        return new Sighting(
            standby,
            standby
                ? Optional.empty()
                : Optional.of(new ServerIdentity(row.getString(2), row.getInt(3))));
      } catch (SQLException e) {
        if (!isUnsupported(e)) {
          throw e;
        }
        return ofRole(connection);
      }
    }

    /** Some managed clouds hide the log and the control file. */
    private static boolean isUnsupported(SQLException e) {
      String state = String.valueOf(e.getSQLState());
      return state.equals("42501") || state.equals("42883") || state.equals("0A000");
    }

    private static Sighting ofRole(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(ASK_ROLE)) {
        row.next();
        return new Sighting(row.getBoolean(1), Optional.empty());
      }
    }
  }
}
