package io.mistersmith.persistence.examples.quickstart;

import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.model.AgentId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What an agent learns of its run: a fact for each step. Its id follows from the agent and the
 * step, so that a step which is replayed again writes no second one.
 */
final class RunFacts {

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
    return Verification.ofSteps(
        runs, ledger, settings, FACTS, (agent, step) -> id(agent, step).toString());
  }
}
