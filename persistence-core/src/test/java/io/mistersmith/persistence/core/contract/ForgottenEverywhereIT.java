package io.mistersmith.persistence.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.security.ForgetReport;
import io.mistersmith.persistence.testkit.contract.MarkedAgent;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Looks for the data of a forgotten agent in every table of the catalog and in every message of
 * every stream. A new table fails the test until it is written to, or is named as one that has no
 * data of agents.
 */
@Tag("contract")
@Tag("newest")
class ForgottenEverywhereIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String MARKER = "forget7f3c";
  private static final String KEPT = "keep7f3c";
  private static final String WRITER = "actor7f3c";

  /** Ids, numbers, times, names of keys and settings alone. */
  private static final Set<String> WITHOUT_DATA_OF_AGENTS =
      Set.of(
          "agents.committed_transactions",
          "agents.data_keys",
          "agents.forgotten",
          "agents.installation",
          "agents.journal_epochs",
          "agents.journal_leases",
          "agents.journal_positions",
          "agents.journal_samples",
          "agents.large_value_names",
          "agents.large_values",
          "audit.encryption_keys",
          "audit.redactions",
          "events.positions",
          "events.ticks",
          "knowledge.embedding_models",
          "messages.channels",
          "messages.deliveries",
          "messages.handled",
          "messages.subscriptions",
          "sagas.open",
          "tasks.dependencies",
          "tasks.dependency_lock",
          "tasks.execution_attempts",
          "tasks.executions",
          "tasks.leases",
          "tasks.ready",
          "tasks.timers");

  private final RealServers fixture = RealServers.withSets("audit", "events", "monitoring");
  private final Persistence runtime = fixture.open(fixture.config().build());

  @AfterEach
  void close() {
    runtime.close(Duration.ofSeconds(2));
    fixture.close();
  }

  @Test
  void nothingIsLeftInAnyTableOrStream() throws Exception {
    AgentId other = runtime.agents().save(Agent.of("other", "one")).value().id();
    MarkedAgent kept = MarkedAgent.write(runtime, KEPT, other);
    Actor writer = Actor.of(WRITER).withCorrelationId("request-" + WRITER);
    MarkedAgent marked = writer.call(() -> MarkedAgent.write(runtime, MARKER, other));
    writeWhatNeedsAFailure(marked.id());
    awaitPublished();

    List<String> written = new ArrayList<>(fixture.tables());
    written.removeAll(WITHOUT_DATA_OF_AGENTS);
    assertThat(fixture.tablesWith(MARKER)).containsExactlyInAnyOrderElementsOf(written);
    assertThat(fixture.streamsWith(MARKER)).hasSizeGreaterThanOrEqualTo(4);
    assertThat(fixture.tablesWith(WRITER)).contains("agents.state", "audit.change_log");
    assertThat(fixture.streamsWith(WRITER)).isNotEmpty();
    List<String> tablesOfKept = fixture.tablesWith(KEPT);
    List<String> streamsOfKept = fixture.streamsWith(KEPT);

    ForgetReport first = runtime.forgetting().forget(marked.id());
    assertThat(first.endedAt()).isPresent();
    // The relay may have read a change before it was emptied.
    awaitPublished();
    ForgetReport again = runtime.forgetting().forget(marked.id());
    assertThat(again.removed()).containsKeys("events.outbox", "audit.change_log");

    assertThat(fixture.tablesWith(MARKER)).isEmpty();
    assertThat(fixture.streamsWith(MARKER)).isEmpty();
    assertThat(fixture.tablesWith(WRITER)).as("who wrote").containsExactly("audit.change_log");
    assertThat(fixture.streamsWith(WRITER)).isEmpty();
    assertThat(fixture.tablesWith(KEPT)).containsAll(tablesOfKept);
    assertThat(fixture.streamsWith(KEPT)).containsAll(streamsOfKept);
    assertThat(runtime.agents().find(kept.id())).isPresent();
    assertThat(changesOf(marked.id())).as("that something changed").isPositive();
  }

  /** What a refused entry and a transaction that was interrupted leave behind. */
  private void writeWhatNeedsAFailure(AgentId agent) throws SQLException {
    fixture.execute(
        """
        INSERT INTO agents.dead_letters
               (bucket, subject, agent, state_key, epoch, sequence, operation, value, reason_code,
                reason, written_at)
        VALUES ('marked', 'marked', '%s', '_.note', 1, 1000000, 'put', '"%s"',
                'CONSTRAINT_VIOLATION', 'refused', now())
        """
            .formatted(agent, MARKER));
    fixture.execute(
        """
        INSERT INTO sagas.entry_writes
               (owner, path, value, token, base_sequence, correlation_id, refused)
        VALUES ('%s', '_.note', '"%s"', 'token', 1, 'correlation', 'written since')
        """
            .formatted(agent, MARKER));
  }

  private void awaitPublished() {
    Awaitility.await()
        .atMost(SOON)
        .until(
            () -> fixture.query("SELECT changes::text FROM events.backlog()"),
            List.of("0")::equals);
  }

  private int changesOf(AgentId agent) throws SQLException {
    return fixture
        .query(
            "SELECT change_id::text FROM audit.change_log WHERE row_data ->> 'agent_id' = '%s'"
                .formatted(agent))
        .size();
  }
}
