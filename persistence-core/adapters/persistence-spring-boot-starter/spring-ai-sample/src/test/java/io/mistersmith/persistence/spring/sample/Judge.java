package io.mistersmith.persistence.spring.sample;

import java.io.PrintStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/**
 * Compares what PostgreSQL has of a conversation with what it should have. Reads the rows by JDBC,
 * without the library.
 */
final class Judge {

  /** Each booking and each message as one part of a turn. They have the same owner. */
  private static final String PARTS =
      """
      SELECT CASE
          WHEN message IS NULL THEN 'booked ' || (entry #>> '{}')
          WHEN message ->> 'type' = 'USER' THEN 'asked ' || (message ->> 'text')
          WHEN message ->> 'type' = 'TOOL'
            THEN 'returned ' || (message #>> '{responses,0,id}')
          WHEN message #>> '{calls,0,id}' IS NOT NULL
            THEN 'called ' || (message #>> '{calls,0,id}')
          ELSE 'answered ' || (message ->> 'text')
        END
        FROM agents.log_entries
        LEFT JOIN LATERAL jsonb_array_elements(entry -> 'm') message
          ON log NOT LIKE '%bookings'
        WHERE owner = ? ORDER BY log, version
      """;

  private final String jdbcUrl;
  private final Properties login = new Properties();
  private final String conversation;
  private final int turns;

  Judge(String jdbcUrl, String user, String password, String conversation, int turns) {
    this.jdbcUrl = jdbcUrl;
    this.login.setProperty("user", user);
    if (!password.isEmpty()) {
      this.login.setProperty("password", password);
    }
    this.conversation = conversation;
    this.turns = turns;
  }

  /** Prints the last line, and returns whether all turns are there, each once. */
  boolean print(PrintStream out) throws SQLException {
    List<String> parts = parts();
    Set<String> found = new HashSet<>(parts);
    long asked = found.stream().filter(part -> part.startsWith("asked ")).count();
    Set<String> lost = expected();
    lost.removeAll(found);
    int repeated = parts.size() - found.size();
    found.removeAll(expected());
    if (!lost.isEmpty() || !found.isEmpty()) {
      out.printf("lost: %s; not expected: %s%n", lost, found);
    }
    out.printf("turns=%d lost=%d repeated=%d%n", asked, lost.size(), repeated);
    return asked == turns && lost.isEmpty() && repeated == 0 && found.isEmpty();
  }

  private Set<String> expected() {
    Set<String> expected = new HashSet<>();
    for (int turn = 1; turn <= turns; turn++) {
      expected.add("asked " + ScriptedModel.QUESTION + turn);
      expected.add("called call-" + turn);
      expected.add("booked " + turn);
      expected.add("returned call-" + turn);
      expected.add("answered Done: booking " + turn);
    }
    return expected;
  }

  private List<String> parts() throws SQLException {
    List<String> parts = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(jdbcUrl, login);
        PreparedStatement query = connection.prepareStatement(PARTS)) {
      query.setString(1, conversation);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          parts.add(rows.getString(1));
        }
      }
    }
    return parts;
  }
}
