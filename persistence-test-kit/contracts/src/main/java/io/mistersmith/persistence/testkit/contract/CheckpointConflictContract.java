package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock.Causality;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The contract of restores and forks whose entries have concurrent versions. */
public abstract class CheckpointConflictContract extends CheckpointTests {

  /** For implementations. */
  protected CheckpointConflictContract() {}

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
  void aForkedVersionHasSeenTheOneItCopies() {
    StateRepository<String> mine = strings(persistence());
    Versioned<String> kept = mine.save(key("k"), "kept");
    Checkpoint made = checkpoints().create(agent(), FULL);
    AgentId other = register();
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
        StateType.untyped(String.class)
            .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
  }

  private Persistence ahead(int seconds) {
    Clock clock = config().build().clock();
    return open(config().clock(Clock.offset(clock, Duration.ofSeconds(seconds))).build());
  }
}
