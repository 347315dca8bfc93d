package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.Checkpoints.Restored;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of creating, restoring and forking checkpoints of agents. */
public abstract class CheckpointContract extends CheckpointTests {

  /** For implementations. */
  protected CheckpointContract() {}

  @Test
  void restoresWhatWasThereAndNothingElse() {
    states().save(key("changed"), Map.of("n", 1));
    states().save(key("deleted"), List.of(1, "two"));
    Versioned<Object> same = states().save(key("same"), "same");
    Checkpoint made = checkpoints().create(agent(), FULL.withName("one").withTrigger("test"));
    assertThat(made.entries()).isEqualTo(3);
    Revision position = made.position().orElseThrow();
    assertThat(position).isGreaterThanOrEqualTo(same.revision());

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

  @Test
  void typesAreReadApart() {
    StateType<Integer> numbers = StateType.of("number", Integer.class);
    StateType<String> words = StateType.of("word", String.class);
    persistence().states(numbers).save(key("a"), 1);
    persistence().states(words).save(key("a"), "one");
    persistence().states(words).save(key("b"), "two");
    states().save(key("a"), List.of());
    UUID made = checkpoints().create(agent(), FULL).id();
    assertThat(checkpoints().read(made, numbers)).containsOnlyKeys(key("a"));
    assertThat(checkpoints().read(made, words)).containsOnlyKeys(key("a"), key("b"));
    assertThat(checkpoints().read(made, words).get(key("b")))
        .isNotNull()
        .extracting(Versioned::value)
        .isEqualTo("two");
    assertThat(checkpoints().read(made, Object.class)).containsOnlyKeys(key("a"));
    persistence().states(words).delete(key("a"));
    persistence().states(numbers).save(key("a"), 2);
    checkpoints().restore(made, SOON);
    assertThat(persistence().states(words).find(key("a")).orElseThrow().value()).isEqualTo("one");
    assertThat(persistence().states(numbers).find(key("a")).orElseThrow().value()).isEqualTo(1);
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
  void forksToAnAgentWithoutEntriesOrReplacesThem() {
    states().save(key("a"), 1);
    states().save(key("b"), 2);
    Checkpoint made = checkpoints().create(agent(), FULL);
    states().save(key("a"), 3);
    AgentId other = register();
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
        () -> checkpoints().fork(later.id(), AgentId.random(), ForkOptions.toEmpty(SOON)));
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
