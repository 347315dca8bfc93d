package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mistersmith.persistence.model.AgentId;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * Compares the rows that plain SQL finds in PostgreSQL with the recording.
 *
 * @param agents how many of the agents are registered
 * @param found how many of the keys are there
 * @param lost how many agents and keys are missing
 * @param mismatched how many keys have another value, or should not be there at all
 */
record Verification(int agents, int found, int lost, int mismatched) {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
  private static final String REGISTERED =
      """
      SELECT count(*)
      FROM agents.registry
      WHERE agent_id = ?
      """;
  private static final String STATE =
      """
      SELECT substr(state_key, strpos(state_key, '.') + 1), state_value::text
      FROM agents.state
      WHERE agent_id = ? AND deleted_at IS NULL
      """;
  private static final String TURNS =
      """
      SELECT version, entry::text
      FROM agents.log_entries
      WHERE agent_id = ? AND log = 'turns.conversation'
      """;

  /** Reads and compares every key of every run. */
  static Verification of(List<RecordedRun> runs, Ledger ledger, WriterSettings settings)
      throws SQLException, IOException {
    Verification sum = new Verification(0, 0, 0, 0);
    try (Connection connection = connect(settings);
        PreparedStatement registered = connection.prepareStatement(REGISTERED);
        PreparedStatement state = connection.prepareStatement(STATE);
        PreparedStatement turns = connection.prepareStatement(TURNS)) {
      for (RecordedRun run : runs) {
        AgentId agent = run.agent(settings.replay());
        Set<Integer> refused = ledger.refused(run);
        Map<String, JsonNode> actual = read(state, agent);
        actual.putAll(readTurns(turns, agent, AgentState.turns(run, refused)));
        sum =
            sum.plus(compare(count(registered, agent), AgentState.atTheEnd(run, refused), actual));
      }
    }
    return sum;
  }

  /** Names what belongs to a step of an agent. */
  interface Named {
    String of(AgentId agent, int step);
  }

  /**
   * Compares what there is for each step with the recording.
   *
   * @param sql finds the names and contents of an agent
   */
  static Verification ofSteps(
      List<RecordedRun> runs, Ledger ledger, WriterSettings settings, String sql, Named named)
      throws SQLException, IOException {
    Verification sum = new Verification(0, 0, 0, 0);
    try (Connection connection = connect(settings);
        PreparedStatement query = connection.prepareStatement(sql)) {
      for (RecordedRun run : runs) {
        AgentId agent = run.agent(settings.replay());
        Map<String, JsonNode> expected = new HashMap<>();
        for (int step = 0; step < run.steps().size(); step++) {
          if (!ledger.refused(run).contains(step)) {
            expected.put(named.of(agent, step), run.steps().get(step));
          }
        }
        query.setString(1, agent.name());
        sum = sum.plus(compare(1, expected, read(query)));
      }
    }
    return sum;
  }

  private static Connection connect(WriterSettings settings) throws SQLException {
    Properties login = new Properties();
    login.setProperty("user", settings.user());
    if (settings.password() != null) {
      login.setProperty("password", settings.password());
    }
    return DriverManager.getConnection(settings.jdbcUrl(), login);
  }

  /** Compares what must be kept for one agent with what is. */
  static Verification compare(
      int agents, Map<String, JsonNode> expected, Map<String, JsonNode> actual) {
    int found = 0;
    int mismatched = 0;
    for (Map.Entry<String, JsonNode> entry : expected.entrySet()) {
      JsonNode value = actual.get(entry.getKey());
      if (value != null) {
        found++;
        if (!value.equals(Verification::compareLeaves, entry.getValue())) {
          mismatched++;
        }
      }
    }
    int unexpected =
        (int) actual.keySet().stream().filter(key -> !expected.containsKey(key)).count();
    int lost = expected.size() - found + (1 - agents);
    return new Verification(agents, found, lost, mismatched + unexpected);
  }

  /** Returns the sum. */
  Verification plus(Verification other) {
    return new Verification(
        agents + other.agents,
        found + other.found,
        lost + other.lost,
        mismatched + other.mismatched);
  }

  private static int count(PreparedStatement query, AgentId agent) throws SQLException {
    query.setObject(1, agent.uuid());
    try (ResultSet rows = query.executeQuery()) {
      return rows.next() ? rows.getInt(1) : 0;
    }
  }

  private static Map<String, JsonNode> read(PreparedStatement query, AgentId agent)
      throws SQLException, IOException {
    query.setObject(1, agent.uuid());
    return read(query);
  }

  private static Map<String, JsonNode> read(PreparedStatement query)
      throws SQLException, IOException {
    Map<String, JsonNode> entries = new HashMap<>();
    try (ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        entries.put(rows.getString(1), JSON.readTree(rows.getString(2)));
      }
    }
    return entries;
  }

  /**
   * Reads the log.
   *
   * @param names what the ledger calls the turns, of which the first one has the version 1
   */
  private static Map<String, JsonNode> readTurns(
      PreparedStatement query, AgentId agent, List<String> names) throws SQLException, IOException {
    Map<String, JsonNode> entries = new HashMap<>();
    query.setObject(1, agent.uuid());
    try (ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        int version = rows.getInt(1);
        String name =
            version <= names.size()
                ? names.get(version - 1)
                : AgentState.CONVERSATION + " beyond its end: " + version;
        entries.put(name, JSON.readTree(rows.getString(2)));
      }
    }
    return entries;
  }

  /** PostgreSQL writes numbers in its own way: 1e2 comes back as 100. */
  private static int compareLeaves(JsonNode one, JsonNode other) {
    if (one.isNumber() && other.isNumber()) {
      return one.decimalValue().compareTo(other.decimalValue());
    }
    return one.equals(other) ? 0 : 1;
  }
}
