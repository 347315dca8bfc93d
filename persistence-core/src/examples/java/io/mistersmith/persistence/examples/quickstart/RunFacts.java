package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.model.AgentId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;

/**
 * What an agent learns of its run: a fact for each step. Its id follows from the agent and the
 * step, so that a step which is replayed again writes no second one.
 */
final class RunFacts {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
  private static final String FACTS =
      """
      SELECT fact_id, object_value::text
      FROM knowledge.facts
      WHERE entity_type = 'run' AND entity_id = ?
      """;

  private RunFacts() {}

  /** Returns the fact of a step. */
  static Fact of(RecordedRun run, AgentId agent, int step) {
    return Fact.of("run", agent.name(), "step", run.steps().get(step))
        .withId(id(agent, step))
        .withSource(agent)
        .withEvidence(Map.of("line", run.line(), "step", step));
  }

  private static UUID id(AgentId agent, int step) {
    return UUID.nameUUIDFromBytes((agent + "/" + step).getBytes(StandardCharsets.UTF_8));
  }

  /** Compares the facts that plain SQL finds in PostgreSQL with the recording. */
  static Verification verify(List<RecordedRun> runs, Ledger ledger, WriterSettings settings)
      throws SQLException, IOException {
    Properties login = new Properties();
    login.setProperty("user", settings.user());
    if (settings.password() != null) {
      login.setProperty("password", settings.password());
    }
    Verification sum = new Verification(0, 0, 0, 0);
    try (Connection connection = DriverManager.getConnection(settings.jdbcUrl(), login);
        PreparedStatement query = connection.prepareStatement(FACTS)) {
      for (RecordedRun run : runs) {
        AgentId agent = run.agent(settings.replay());
        Map<String, JsonNode> expected = new HashMap<>();
        for (int step = 0; step < run.steps().size(); step++) {
          if (!ledger.refused(run).contains(step)) {
            expected.put(id(agent, step).toString(), run.steps().get(step));
          }
        }
        sum = sum.plus(Verification.compare(1, expected, read(query, agent)));
      }
    }
    return sum;
  }

  private static Map<String, JsonNode> read(PreparedStatement query, AgentId agent)
      throws SQLException, IOException {
    Map<String, JsonNode> facts = new HashMap<>();
    query.setString(1, agent.name());
    try (ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        facts.put(rows.getString(1), JSON.readTree(rows.getString(2)));
      }
    }
    return facts;
  }
}
