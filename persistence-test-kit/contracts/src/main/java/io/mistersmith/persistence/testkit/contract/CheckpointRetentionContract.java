package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.checkpoint.Checkpoints.Pruned;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of chains of checkpoints, of pruning them, and of refusals. */
public abstract class CheckpointRetentionContract extends CheckpointTests {

  /** For implementations. */
  protected CheckpointRetentionContract() {}

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
    AgentId nobody = AgentId.random();
    assertFails(DataError.NOT_FOUND, () -> checkpoints().restore(nothing, SOON));
    assertFails(DataError.NOT_FOUND, () -> checkpoints().read(nothing, Object.class));
    assertFails(DataError.NOT_FOUND, () -> checkpoints().create(nobody, FULL));
    assertThat(checkpoints().find(nothing)).isEqualTo(Optional.empty());
    assertThat(checkpoints().delete(nothing)).isFalse();
    assertThat(checkpoints().list(nobody)).isEmpty();
  }
}
