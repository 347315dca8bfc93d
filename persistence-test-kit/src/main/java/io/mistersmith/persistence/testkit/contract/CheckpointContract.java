package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.lifecycle.Checkpoint;
import io.mistersmith.persistence.lifecycle.CheckpointOptions;
import io.mistersmith.persistence.lifecycle.Checkpoints;
import io.mistersmith.persistence.lifecycle.ForkOptions;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.lifecycle.PruneRule;
import io.mistersmith.persistence.lifecycle.Pruned;
import io.mistersmith.persistence.lifecycle.Restored;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Causality;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.SaveOptions;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What checkpoints of agents must do. */
public abstract class CheckpointContract extends PersistenceContract {

  private static final CheckpointOptions FULL = CheckpointOptions.full().withDeadline(SOON);
  private static final CheckpointOptions CHANGES = CheckpointOptions.changes().withDeadline(SOON);

  /** For implementations. */
  protected CheckpointContract() {}

  private Checkpoints checkpoints() {
    return persistence().checkpoints();
  }

  private Map<String, Object> state(UUID agent) {
    Map<String, Object> state = new TreeMap<>();
    for (StateKey key : states().keys(agent.toString(), "")) {
      state.put(key.key(), find(key).value());
    }
    return state;
  }

  @Test
  void restoresWhatWasThereAndNothingElse() {
    states().save(key("changed"), Map.of("n", 1));
    states().save(key("deleted"), List.of(1, "two"));
    Versioned<Object> same = states().save(key("same"), "same");
    Checkpoint made = checkpoints().create(agent(), FULL.withName("one").withTrigger("test"));
    assertThat(made.entries()).isEqualTo(3);
    assertThat(made.position().orElseThrow()).isGreaterThanOrEqualTo(same.revision());

    Revision changed = states().save(key("changed"), Map.of("n", 2)).revision();
    states().delete(key("deleted"));
    states().save(key("new"), true);
    Restored restored = checkpoints().restore(made.id(), SOON);

    Map<String, Object> before =
        Map.of("changed", Map.of("n", 1), "deleted", List.of(1, "two"), "same", "same");
    assertThat(state(agent())).isEqualTo(before);
    assertThat(restored.written()).isEqualTo(2);
    assertThat(restored.deleted()).isEqualTo(1);
    assertThat(restored.unchanged()).isEqualTo(1);
    assertThat(find(key("changed")).revision()).isGreaterThan(changed);
    assertThat(find(key("changed")).clock())
        .as("of unknown origin, as before")
        .isEqualTo(VectorClock.empty());
    assertThat(find(key("same")).revision()).isEqualTo(same.revision());
    assertThat(restored.through().orElseThrow())
        .isGreaterThanOrEqualTo(find(key("changed")).revision());
    StateRepository<Object> elsewhere = states(open(config().build()));
    assertThat(elsewhere.find(key("deleted")).orElseThrow().value()).isEqualTo(List.of(1, "two"));
    assertThat(elsewhere.find(key("new"))).isEmpty();
    // PostgreSQL has it: a checkpoint is a copy of what is there.
    assertThat(values(checkpoints().create(agent(), FULL.withDeadline(Duration.ofSeconds(1)))))
        .isEqualTo(before);

    Restored again = checkpoints().restore(made.id(), SOON);
    assertThat(again.written() + again.deleted()).isZero();
    assertThat(again.through()).isEmpty();
    assertThat(events())
        .containsExactly(
            "checkpoint_restored",
            "checkpoint_created",
            "checkpoint_restored",
            "checkpoint_created",
            "registered");
  }

  private List<String> events() {
    return persistence().lifecycleEvents().list(agent(), 20).stream()
        .map(LifecycleEvent::type)
        .toList();
  }

  private Map<String, Object> values(Checkpoint checkpoint) {
    Map<String, Object> values = new TreeMap<>();
    checkpoints()
        .read(checkpoint.id(), Object.class)
        .forEach((key, version) -> values.put(key.key(), version.value()));
    return values;
  }

  @Test
  void holdsEachWriteThatWasAcknowledgedBefore() {
    for (int i = 0; i < 10; i++) {
      states().save(key("k" + i % 3), i);
      assertThat(values(checkpoints().create(agent(), FULL)).get("k" + i % 3)).isEqualTo(i);
    }
  }

  @Test
  void whatOthersWroteIsInItToo() {
    StateRepository<Object> others = states(open(config().build()));
    others.save(key("k"), "theirs");
    assertThat(values(checkpoints().create(agent(), FULL))).isEqualTo(Map.of("k", "theirs"));
  }

  @Test
  void aRestoredVersionHasSeenWhatStoodThereAndWhatWasKept() throws Exception {
    StateRepository<String> mine = strings(persistence());
    Versioned<String> kept = mine.save(key("k"), "kept");
    mine.save(key("removed"), "kept");
    mine.delete(key("removed"));
    Checkpoint made = checkpoints().create(agent(), FULL);
    elapse(Duration.ofMillis(20));
    StateRepository<String> theirs = strings(open(config().build()));
    Versioned<String> stood = theirs.save(key("k"), "stood");
    theirs.save(key("removed"), "again");
    Faults faults = new Faults(1);
    StateRepository<String> slow = strings(open(config().build(), faults));

    // A save that begins before a restore and arrives after it takes back neither value nor delete.
    Versioned<String> outcome =
        overtaken(
            faults,
            () -> slow.save(key("k"), "early"),
            () -> checkpoints().restore(made.id(), SOON));

    assertThat(outcome.value()).isEqualTo("kept");
    Versioned<String> restored = theirs.find(key("k")).orElseThrow();
    assertThat(restored.value()).isEqualTo("kept");
    assertThat(restored.clock().compare(stood.clock())).isEqualTo(Causality.AFTER);
    assertThat(restored.clock().compare(kept.clock())).isEqualTo(Causality.AFTER);
    elapse(Duration.ofMillis(20));
    theirs.save(key("removed"), "again");
    boolean unused =
        overtaken(
            faults,
            () -> {
              assertFails(DataError.VERSION_CONFLICT, () -> slow.save(key("removed"), "early"));
              return true;
            },
            () -> checkpoints().restore(made.id(), SOON));
    assertThat(mine.find(key("removed"))).isEmpty();
  }

  @Test
  void whoseTimeIsOverStaysGone() {
    states()
        .save(key("short"), 1, SaveOptions.unconditional().withTimeToLive(Duration.ofSeconds(2)));
    Versioned<Object> lasting =
        states()
            .save(key("long"), 1, SaveOptions.unconditional().withTimeToLive(Duration.ofHours(1)));
    Checkpoint made = checkpoints().create(agent(), FULL);
    states().delete(key("long"));
    elapse(Duration.ofMillis(2_100));
    Restored restored = checkpoints().restore(made.id(), SOON);
    assertThat(restored.written()).isEqualTo(1);
    assertThat(restored.unchanged()).isZero();
    assertThat(state(agent())).isEqualTo(Map.of("long", 1));
    assertThat(find(key("long")).expiresAt()).isEqualTo(lasting.expiresAt());
    assertThat(values(made)).containsOnlyKeys("long", "short");
  }

  @Test
  void anotherEndIsAnotherEntry() {
    SaveOptions hour = SaveOptions.unconditional().withTimeToLive(Duration.ofHours(1));
    Versioned<Object> ends = states().save(key("ends"), 1, hour);
    states().save(key("stays"), 1, hour);
    states().save(key("lasts"), 1);
    Checkpoint made = checkpoints().create(agent(), FULL);
    states().save(key("ends"), 1);
    states().save(key("lasts"), 1, hour);

    Restored restored = checkpoints().restore(made.id(), SOON);

    assertThat(restored.written()).isEqualTo(2);
    assertThat(restored.unchanged()).isEqualTo(1);
    assertThat(find(key("ends")).expiresAt()).isEqualTo(ends.expiresAt());
    assertThat(find(key("lasts")).expiresAt()).isEmpty();
  }

  @Test
  void aForkedVersionHasSeenTheOneItCopies() {
    StateRepository<String> mine = strings(persistence());
    Versioned<String> kept = mine.save(key("k"), "kept");
    Checkpoint made = checkpoints().create(agent(), FULL);
    UUID other = register();
    checkpoints().fork(made.id(), other, ForkOptions.toEmpty(SOON));
    Versioned<String> forked = mine.find(StateKey.of(other, "k")).orElseThrow();
    assertThat(forked.clock().compare(kept.clock())).isEqualTo(Causality.AFTER);
  }

  @Test
  void aWriterWhoseClockIsAheadOutlivesNoRestore() {
    StateRepository<String> mine = strings(persistence());
    mine.save(key("k"), "kept");
    Checkpoint made = checkpoints().create(agent(), FULL);
    strings(ahead(20)).save(key("k"), "stood");

    checkpoints().restore(made.id(), SOON);

    assertThat(mine.find(key("k")).orElseThrow().value()).isEqualTo("kept");
    elapse(Duration.ofMillis(5));
    assertThat(mine.save(key("k"), "later").value()).isEqualTo("later");
  }

  private static StateRepository<String> strings(Persistence runtime) {
    return runtime.states(
        DataType.AGENT_STATE, String.class, ConflictRules.of(ConflictResolver.lastWriteWins()));
  }

  private Persistence ahead(int seconds) {
    Clock clock = config().build().clock();
    return open(config().clock(Clock.offset(clock, Duration.ofSeconds(seconds))).build());
  }

  @Test
  void forksToAnAgentWithoutEntriesOrReplacesThem() {
    states().save(key("a"), 1);
    states().save(key("b"), 2);
    Checkpoint made = checkpoints().create(agent(), FULL);
    states().save(key("a"), 3);
    UUID other = register();
    Restored forked = checkpoints().fork(made.id(), other, ForkOptions.toEmpty(SOON));

    assertThat(forked.agent()).isEqualTo(other);
    assertThat(state(other)).isEqualTo(Map.of("a", 1, "b", 2));
    assertThat(state(agent())).isEqualTo(Map.of("a", 3, "b", 2));
    assertThatThrownBy(() -> checkpoints().fork(made.id(), other, ForkOptions.toEmpty(SOON)))
        .hasMessageContaining(other.toString())
        .hasMessageContaining(made.id().toString());
    assertFails(
        DataError.DUPLICATE_KEY,
        () -> checkpoints().fork(made.id(), other, ForkOptions.toEmpty(SOON)));
    states().save(StateKey.of(other, "c"), 4);
    assertThat(checkpoints().delete(made.id())).isTrue();
    Checkpoint later = checkpoints().create(agent(), FULL);
    checkpoints().fork(later.id(), other, ForkOptions.replacing(SOON));
    assertThat(state(other)).isEqualTo(Map.of("a", 3, "b", 2));
    assertFails(
        DataError.NOT_FOUND,
        () -> checkpoints().fork(later.id(), UUID.randomUUID(), ForkOptions.toEmpty(SOON)));
    assertThat(persistence().lifecycleEvents().list(other, 1))
        .extracting(LifecycleEvent::type)
        .containsExactly("checkpoint_forked");
  }

  @Test
  void anEmptyOneDeletesEverything() {
    Checkpoint empty = checkpoints().create(agent(), FULL);
    states().save(key("a"), 1);
    assertThat(checkpoints().restore(empty.id(), SOON).deleted()).isEqualTo(1);
    assertThat(state(agent())).isEmpty();
  }

  @Test
  void onesOfChangesAreRestoredThroughTheirChain() {
    List<Checkpoint> made = new ArrayList<>();
    for (int i = 0; i < 36; i++) {
      states().save(key("counter"), i);
      states().save(key("k" + i), i);
      if (i > 0) {
        states().delete(key("k" + (i - 1)));
      }
      made.add(checkpoints().create(agent(), CHANGES));
    }
    assertThat(made.get(0).isIncremental()).isFalse();
    assertThat(made.get(31).isIncremental()).isTrue();
    assertThat(made.get(32).isIncremental()).as("a chain has an end").isFalse();
    assertThat(made.get(33).parent()).contains(made.get(32).id());
    for (int i : List.of(20, 35, 0)) {
      checkpoints().restore(made.get(i).id(), SOON);
      assertThat(state(agent())).isEqualTo(Map.of("counter", i, "k" + i, i));
    }

    Pruned pruned = checkpoints().prune(agent(), PruneRule.keepLatest(2));
    assertThat(pruned.removed()).hasSize(32).contains(made.get(0).id());
    assertThat(pruned.needed()).containsExactly(made.get(33).id(), made.get(32).id());
    assertThat(pruned.kept()).isEqualTo(4);
    assertThat(pruned.freedBytes()).isPositive();
    assertThat(checkpoints().list(agent())).hasSize(4);
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> checkpoints().delete(made.get(33).id()));
    checkpoints().restore(made.get(35).id(), SOON);
    assertThat(state(agent())).isEqualTo(Map.of("counter", 35, "k35", 35));
  }

  @Test
  void prunesByAgeAndSizeAndKeepsTheLatest() {
    states().save(key("k"), "x".repeat(1_000));
    Checkpoint old = checkpoints().create(agent(), FULL);
    elapse(Duration.ofMillis(1_500));
    Checkpoint second = checkpoints().create(agent(), FULL);
    Checkpoint latest = checkpoints().create(agent(), FULL);

    PruneRule byAge = PruneRule.olderThan(Duration.ofSeconds(1));
    assertThat(checkpoints().prune(agent(), byAge.butKeepLatest(3)).removed()).isEmpty();
    assertThat(checkpoints().prune(agent(), byAge).removed()).containsExactly(old.id());
    assertThat(checkpoints().prune(agent(), PruneRule.totalBytes(latest.bytes() + 10)).removed())
        .containsExactly(second.id());
    assertThat(checkpoints().prune(agent(), PruneRule.totalBytes(0).butKeepLatest(1)).kept())
        .isEqualTo(1);
    assertThat(checkpoints().prune(agent(), PruneRule.totalBytes(0)).kept()).isZero();
    assertThat(events()).startsWith("checkpoints_pruned", "checkpoints_pruned");
  }

  @Test
  void entriesThatWereRefusedAreNotSilentlyLeftOut() {
    Agent late = Agent.of("contract", "late");
    StateKey key = StateKey.of(late.id(), "k");
    Revision refused = states().save(key, 1).revision();
    assertFails(DataError.DEAD_LETTERED, () -> states().awaitDurable(key, refused, SOON));
    persistence().agents().save(late);
    assertThatThrownBy(() -> checkpoints().create(late.id(), FULL))
        .hasMessageContaining(late.id().toString());
    Checkpoint made = checkpoints().create(late.id(), FULL.allowingDeadLetters());
    assertThat(made.deadLetters()).isEqualTo(1);
    assertThat(made.entries()).isZero();
  }

  @Test
  void whatIsUnknownIsNotFound() {
    UUID nothing = UUID.randomUUID();
    assertFails(DataError.NOT_FOUND, () -> checkpoints().restore(nothing, SOON));
    assertFails(DataError.NOT_FOUND, () -> checkpoints().read(nothing, Object.class));
    assertFails(DataError.NOT_FOUND, () -> checkpoints().create(nothing, FULL));
    assertThat(checkpoints().find(nothing)).isEqualTo(Optional.empty());
    assertThat(checkpoints().delete(nothing)).isFalse();
    assertThat(checkpoints().list(nothing)).isEmpty();
  }

  @Test
  void endsByItsDeadline() {
    states().save(key("k"), 1);
    Checkpoint made = checkpoints().create(agent(), FULL);
    states().save(key("k"), 2);
    assertFails(
        DataError.CONNECTION_FAILED, () -> checkpoints().restore(made.id(), Duration.ofNanos(1)));
    checkpoints().restore(made.id(), SOON);
    assertThat(find(key("k")).value()).isEqualTo(1);
  }
}
