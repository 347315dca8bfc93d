package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import io.mistersmith.persistence.transaction.TransactionOptions.Nesting;
import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * The contract of reads that may be old: what a replica that is held back answers, and what is
 * never asked of it.
 */
public abstract class ReplicaReadsContract extends PersistenceContract {

  /** Stores with a replica that a test can hold back, and that is read from however old it is. */
  public interface Fixture extends PersistenceFixture {

    /** Holds the replica back, once it has all that is committed. */
    void pauseReplica();

    /** Lets the replica catch up. */
    void resumeReplica();
  }

  private static final Duration IDLE = Duration.ofMillis(400);
  private static final Duration SWEEP = Duration.ofMillis(50);

  private static final TransactionOptions REPORT =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "report")
          .readFrom(PostgresRole.REPLICA)
          .build();

  private Fixture replica;

  /** For implementations. */
  @SuppressWarnings("NullAway.Init") // setUp calls fixture() before any test
  protected ReplicaReadsContract() {}

  /** A new fixture, called once for each test. */
  protected abstract Fixture replicaFixture();

  @Override
  protected final PersistenceFixture fixture() {
    replica = replicaFixture();
    return replica;
  }

  @Test
  void listsMayBeOldButHaveWhatTheRuntimeCommittedItself() {
    Persistence other = pausedWithAnother();
    other.lifecycleEvents().record(event("theirs"));

    assertThat(events(other)).contains("theirs");
    assertThat(events(persistence())).as("a replica answers").doesNotContain("theirs");

    assertThat(persistence().lifecycleEvents().record(event("ours"))).isTrue();
    assertThat(events(persistence())).contains("ours", "theirs");
  }

  @Test
  void queriesMayBeOldButHaveWhatTheRuntimeCommittedItself() {
    Persistence other = pausedWithAnother();
    AgentQuery found = AgentQuery.all().withType("found");
    EventQuery told = EventQuery.ofType("told");
    other.agents().save(Agent.of("found", "theirs"));
    other.lifecycleEvents().record(event("told"));
    other.checkpoints().create(agent(), CheckpointOptions.full().withName("theirs"));

    assertThat(persistence().agents().find(found)).as("a replica answers").isEmpty();
    assertThat(persistence().lifecycleEvents().find(told)).as("a replica answers").isEmpty();
    assertThat(persistence().checkpoints().find(agent(), "theirs"))
        .as("a replica answers")
        .isEmpty();

    persistence().agents().save(Agent.of("found", "ours"));
    assertThat(persistence().agents().find(found)).hasSize(2);
    assertThat(persistence().lifecycleEvents().find(told)).hasSize(1);
    assertThat(persistence().checkpoints().find(agent(), "theirs")).isPresent();
  }

  /** As when another replica, that had more, answered for the first page. */
  @Test
  void laterPagesOfAQueryAreNotOlderThanTheFirst() {
    AgentQuery found = AgentQuery.all().withType("found").withLimit(1);
    EventQuery told = EventQuery.ofType("told").withLimit(1);
    persistence().agents().save(Agent.of("found", "first"));
    persistence().lifecycleEvents().record(event("told"));
    Persistence other = pausedWithAnother();
    AgentId first = persistence().agents().find(found).get(0).value().id();
    LifecycleEvent earlier = persistence().lifecycleEvents().find(told).get(0);
    AgentId next = AgentId.of(new UUID(-1, -1));
    other.agents().save(Agent.of(next, "found", "next"));
    LifecycleEvent before =
        LifecycleEvent.of(agent(), "told", Map.of(), earlier.at().minusSeconds(1));
    other.lifecycleEvents().record(before);

    assertThat(persistence().agents().find(found.after(first)))
        .extracting(page -> page.value().id())
        .containsExactly(next);
    assertThat(persistence().lifecycleEvents().find(told.after(earlier))).containsExactly(before);
  }

  @Test
  void aReplicaThatCatchesUpAnswersAll() {
    Persistence other = pausedWithAnother();
    other.lifecycleEvents().record(event("theirs"));
    replica.resumeReplica();

    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(events(persistence())).contains("theirs"));
  }

  @Test
  void aPositionTakesWhatOneRuntimeCommittedToAnother() {
    Persistence other = pausedWithAnother();
    other.lifecycleEvents().record(event("theirs"));
    String text = other.transactions().position().text();
    assertThat(events(persistence())).doesNotContain("theirs");

    persistence().transactions().observe(new Position(text));

    assertThat(events(persistence())).contains("theirs");
  }

  @Test
  void aPositionThatIsNoneIsRefused() {
    assertThatThrownBy(() -> persistence().transactions().observe(new Position("0/3000A18")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("position");
    assertThatThrownBy(() -> new Position("")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Position("x".repeat(65)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void onlyTheListOfCheckpointsMayBeOld() {
    states().save(key("a"), "one");
    Persistence other = pausedWithAnother();
    Checkpoint theirs =
        other.checkpoints().create(agent(), CheckpointOptions.full().withDeadline(SOON));

    assertThat(persistence().checkpoints().list(agent())).as("a replica answers").isEmpty();
    assertThat(persistence().checkpoints().find(theirs.id())).contains(theirs);
    assertThat(persistence().checkpoints().read(theirs.id(), Object.class)).hasSize(1);
    assertThat(persistence().checkpoints().restore(theirs.id(), SOON).unchanged()).isEqualTo(1);
    assertThat(persistence().checkpoints().prune(agent(), PruneRule.keepLatest(0)).removed())
        .containsExactly(theirs.id());
  }

  @Test
  void aTransactionReadsWhatMayBeOldWhereItSaysSo() {
    Persistence other = pausedWithAnother();
    other.lifecycleEvents().record(event("theirs"));

    assertThat(events(REPORT)).doesNotContain("theirs");
    assertThat(events(REPORT.toBuilder().isolation(Isolation.REPEATABLE_READ).build()))
        .doesNotContain("theirs");
    assertThat(events(REPORT.toBuilder().readFrom(PostgresRole.PRIMARY).build()))
        .contains("theirs");
    assertThat(events(REPORT.toBuilder().readFrom(PostgresRole.ANALYTICS).build()))
        .as("the role is not configured")
        .contains("theirs");

    persistence().lifecycleEvents().record(event("ours"));
    assertThat(events(REPORT)).contains("ours", "theirs");
  }

  @Test
  void aTransactionThatReadsFromAReplicaWritesNothing() {
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .execute(REPORT, tx -> tx.lifecycleEvents().record(event("ours"))))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> REPORT.toBuilder().isolation(Isolation.SERIALIZABLE).build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> REPORT.toBuilder().readFrom(PostgresRole.FLUSH))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTransactionWhoseReadsMayNotBeOldDoesNotJoinOneWhoseMay() {
    TransactionOptions reads =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "read").readOnly().build();
    persistence()
        .transactions()
        .execute(
            REPORT,
            outer -> {
              assertThatThrownBy(() -> events(reads)).isInstanceOf(IllegalStateException.class);
              assertThat(events(reads.toBuilder().nesting(Nesting.INDEPENDENT).build()))
                  .isNotEmpty();
              assertThat(events(REPORT)).isNotEmpty();
            });
    persistence().transactions().execute(reads, outer -> assertThat(events(REPORT)).isNotEmpty());
  }

  /** Every runtime takes the replica for one to read from, however old it is. */
  @Test
  void stateIsNeverReadFromAReplica() {
    states().awaitDurable(key("a"), states().save(key("a"), "old").revision(), SOON);
    persistence().close(SOON);
    PersistenceConfig evicting =
        config()
            .flush(FlushConfig.builder().idleTimeToLive(IDLE).sweepInterval(SWEEP).build())
            .build();
    Persistence reader = open(evicting);
    Persistence other = open(evicting);
    awaitReads(reader);
    awaitReads(other);
    replica.pauseReplica();

    AgentId late = other.agents().save(Agent.of("contract", "late")).value().id();
    other.lifecycleEvents().record(event("theirs"));
    StateRepository<Object> theirs = states(other);
    Versioned<Object> current = theirs.save(key("a"), "new");
    theirs.awaitDurable(key("a"), current.revision(), SOON);
    theirs.save(key("b"), "created");
    theirs.flush(key("b"), SOON);
    theirs.delete(key("b"));
    theirs.flush(key("b"), SOON);
    awaitEvicted(key("a"));

    assertThat(events(reader)).as("a replica answers").doesNotContain("theirs");
    StateRepository<Object> read = states(reader);
    Versioned<Object> found = read.find(key("a")).orElseThrow();
    assertThat(found.layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
    assertThat(found.value()).isEqualTo("new");
    assertThat(found.revision()).isEqualTo(current.revision());
    assertThat(read.find(key("b"))).as("deleted").isEmpty();
    assertThat(reader.agents().find(late)).isPresent();
    read.awaitDurable(key("a"), current.revision(), SOON);
    assertThat(states(open(evicting)).find(key("a")).map(Versioned::value))
        .as("what hydration put into KV")
        .contains("new");

    Versioned<Object> next = read.save(key("a"), "newer", SaveOptions.at(current.revision()));
    read.awaitDurable(key("a"), next.revision(), SOON);
    assertThat(read.find(key("a")).map(Versioned::value)).contains("newer");
    assertThat(events(reader)).as("a replica answers still").doesNotContain("theirs");
    assertThat(reader.operations().consistency().check(CheckScope.everything()).isConsistent())
        .isTrue();
    Checkpoint checkpoint =
        reader.checkpoints().create(agent(), CheckpointOptions.full().withDeadline(SOON));
    assertThat(reader.checkpoints().read(checkpoint.id(), Object.class).values())
        .extracting(Versioned::value)
        .containsExactly("newer");
  }

  private void awaitEvicted(StateKey key) {
    HotReads kv = stores().hot().bucket(Bucket.AGENT_STATE).reads();
    Awaitility.await()
        .atMost(SOON)
        .until(
            () -> {
              elapse(SWEEP);
              return kv.get(key, ReadFrom.LEADER).isEmpty();
            });
  }

  /** Holds the replica back, and returns another runtime. Both read from the replica. */
  private Persistence pausedWithAnother() {
    Persistence other = open(config().build());
    awaitReads(other);
    awaitReads(persistence());
    // Now it knows the position of its own commits, and does not ask for it after those of others.
    assertThat(events(persistence())).contains(LifecycleEvent.REGISTERED);
    replica.pauseReplica();
    return other;
  }

  /** Stores without pools have a replica from the beginning. */
  private static void awaitReads(Persistence runtime) {
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                runtime.operations().pools().replicas().stream()
                    .map(Pools.ReplicaStats::state)
                    .allMatch(Pools.ReplicaState::isRead));
  }

  private LifecycleEvent event(String type) {
    return LifecycleEvent.of(agent(), type, Map.of(), Instant.parse("2026-01-01T00:00:00Z"));
  }

  private List<String> events(Persistence runtime) {
    return types(runtime.lifecycleEvents().list(agent(), 20));
  }

  private List<String> events(TransactionOptions options) {
    return persistence()
        .transactions()
        .run(options, tx -> types(tx.lifecycleEvents().list(agent(), 20)));
  }

  private static List<String> types(List<LifecycleEvent> events) {
    return events.stream().map(LifecycleEvent::type).toList();
  }
}
