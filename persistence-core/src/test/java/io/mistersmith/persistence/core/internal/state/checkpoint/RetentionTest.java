package io.mistersmith.persistence.core.internal.state.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RetentionTest {

  private static final AgentId AGENT = AgentId.random();
  private static final Instant NOW = Instant.parse("2026-01-10T00:00:00Z");

  /** Returns a checkpoint of so many days ago, with 10 bytes. */
  private static Checkpoint checkpoint(int days, Optional<Checkpoint> parent) {
    return new Checkpoint(
        UUID.randomUUID(),
        AGENT,
        Optional.empty(),
        Optional.empty(),
        parent.map(Checkpoint::id),
        Optional.empty(),
        OptionalLong.empty(),
        1,
        10,
        0,
        NOW.minus(Duration.ofDays(days)));
  }

  private final Checkpoint oldest = checkpoint(9, Optional.empty());
  private final Checkpoint child = checkpoint(7, Optional.of(oldest));
  private final Checkpoint grandchild = checkpoint(5, Optional.of(child));
  private final Checkpoint alone = checkpoint(3, Optional.empty());
  private final Checkpoint latest = checkpoint(1, Optional.empty());
  private final List<Checkpoint> all = List.of(latest, alone, grandchild, child, oldest);

  private Retention of(PruneRule rule) {
    return Retention.of(rule, all, NOW);
  }

  @Test
  void whatAKeptOneNeedsStaysHoweverLongTheChain() {
    Retention retention = of(PruneRule.keepLatest(3));
    assertThat(retention.removed()).isEmpty();
    assertThat(retention.needed()).containsExactly(child, oldest);
    assertThat(of(PruneRule.keepLatest(2)).removed()).containsExactly(grandchild, child, oldest);
    assertThat(of(PruneRule.keepLatest(2)).needed()).isEmpty();
  }

  @Test
  void ageAndSizeAreCountedFromTheLatest() {
    assertThat(of(PruneRule.olderThan(Duration.ofDays(2))).removed())
        .containsExactly(alone, grandchild, child, oldest);
    assertThat(of(PruneRule.totalBytes(20)).removed()).containsExactly(grandchild, child, oldest);
    assertThat(of(PruneRule.totalBytes(19)).removed())
        .containsExactly(alone, grandchild, child, oldest);
    assertThat(of(PruneRule.totalBytes(30)).needed()).containsExactly(child, oldest);
  }

  @Test
  void limitsAddUpAndTheLatestStayInAnyCase() {
    PruneRule both = PruneRule.olderThan(Duration.ofDays(8)).orBeyondBytes(20);
    assertThat(of(both).removed()).containsExactly(grandchild, child, oldest);
    assertThat(of(both.butKeepLatest(5)).removed()).isEmpty();
    assertThat(of(PruneRule.totalBytes(0).butKeepLatest(1)).removed())
        .containsExactly(alone, grandchild, child, oldest);
    assertThat(of(PruneRule.keepLatest(0)).removed()).hasSize(5);
  }
}
