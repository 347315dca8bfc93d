package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Positions, and what a runtime knows of its own and of the primary's. */
class WalPositionTest {

  private static final long SYSTEM = 7_412_345_678_901_234_567L;

  private static WalPosition notAsked() {
    throw new AssertionError("the primary must not be asked");
  }

  private static WalPosition at(int timeline, long lsn) {
    return new WalPosition(SYSTEM, timeline, lsn);
  }

  @Test
  void itsTextLeadsBackToIt() {
    WalPosition position = new WalPosition(-1, Integer.MAX_VALUE / 10, Long.MAX_VALUE / 16);
    assertThat(WalPosition.of(new Position(position.position().text()))).isEqualTo(position);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "1/2", "1/2/3/4", "1/2/g", "1/-2/3", "/1/2"})
  void anotherTextIsRefused(String text) {
    assertThatThrownBy(() -> WalPosition.of(new Position(text)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void itCoversEarlierOnesOfItsTimelineAlone() {
    assertThat(at(1, 5).covers(at(1, 5))).isTrue();
    assertThat(at(1, 5).covers(at(1, 6))).isFalse();
    assertThat(at(2, 5).covers(at(1, 4))).isFalse();
    assertThat(at(1, 5).covers(new WalPosition(SYSTEM + 1, 1, 4))).isFalse();
  }

  @Test
  void ownCommitsAreAskedForOnceUntilThereIsAnother() {
    OwnCommits commits = new OwnCommits();
    assertThat(commits.position(WalPositionTest::notAsked)).isEmpty();
    commits.committed();
    assertThat(commits.position(() -> at(1, 5))).contains(at(1, 5));
    assertThat(commits.position(WalPositionTest::notAsked)).contains(at(1, 5));
    commits.committed();
    commits.sample(1, at(1, 6));
    assertThat(commits.position(() -> at(1, 7))).as("sampled before").contains(at(1, 7));
    commits.committed();
    commits.sample(3, at(1, 8));
    assertThat(commits.position(WalPositionTest::notAsked)).contains(at(1, 8));
    commits.sample(3, at(1, 9));
    assertThat(commits.position(WalPositionTest::notAsked))
        .as("nothing of its own")
        .contains(at(1, 8));
  }

  @Test
  void anAnswerThatComesLateHasNotTheLatestCommits() {
    OwnCommits commits = new OwnCommits();
    commits.committed();
    commits.committed();
    assertThat(
            commits.position(
                () -> {
                  commits.committed();
                  return at(1, 5);
                }))
        .contains(at(1, 5));
    assertThat(commits.position(() -> at(1, 6))).contains(at(1, 6));
  }

  @Test
  void aPromotionReplacesWhatWasKnown() {
    OwnCommits commits = new OwnCommits();
    commits.committed();
    assertThat(commits.position(() -> at(1, 5))).contains(at(1, 5));
    commits.sample(1, at(2, 4));
    assertThat(commits.position(WalPositionTest::notAsked)).contains(at(2, 4));
  }

  @Test
  void observedPositionsCountAsOwn() {
    OwnCommits commits = new OwnCommits();
    commits.observe(at(1, 5));
    assertThat(commits.position(WalPositionTest::notAsked)).contains(at(1, 5));
    commits.observe(at(1, 4));
    assertThat(commits.position(WalPositionTest::notAsked)).contains(at(1, 5));
    commits.observe(at(1, 7));
    assertThat(commits.position(WalPositionTest::notAsked)).contains(at(1, 7));
    commits.committed();
    assertThat(commits.position(() -> at(1, 6))).contains(at(1, 6));
    assertThat(commits.position(WalPositionTest::notAsked))
        .as("what was observed stays")
        .contains(at(1, 7));
    commits.observe(at(2, 3));
    assertThat(commits.position(() -> at(2, 9))).as("does not compare").contains(at(2, 9));
  }

  @Test
  void aReplicaIsAsOldAsTheLatestPositionThatItHasReplayed() {
    PrimaryPositions primary = new PrimaryPositions(Duration.ZERO);
    assertThat(primary.latest()).isEmpty();
    primary.unknown(1, "away");
    primary.add(10, at(1, 100));
    primary.add(20, at(1, 200));
    assertThat(primary.asOf(at(1, 99))).isEmpty();
    assertThat(primary.asOf(at(1, 199))).contains(10L);
    assertThat(primary.asOf(at(1, 200))).contains(20L);
    primary.unknown(30, "away");
    assertThat(primary.asOf(at(1, 199))).as("behind as before").contains(10L);
    assertThat(primary.asOf(at(1, 200))).as("nothing newer is known").contains(30L);
    primary.add(40, at(2, 150));
    assertThat(primary.latest()).isEqualTo(Optional.of(at(2, 150)));
    assertThat(primary.asOf(at(1, 300))).as("another timeline").isEmpty();
    for (int i = 0; i < 1000; i++) {
      primary.add(50 + i, at(2, 1000 + i));
    }
    assertThat(primary.asOf(at(2, 150))).as("forgotten").isEmpty();
  }
}
