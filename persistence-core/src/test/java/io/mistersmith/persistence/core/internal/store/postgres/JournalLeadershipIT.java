package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.spi.JournalPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who flushes, and which epoch names what. */
@Tag("contract")
class JournalLeadershipIT {

  private static final String BUCKET = "TEST";
  private static final Instant CREATED = Instant.parse("2026-03-01T09:00:00.123456789Z");

  private PostgresDatabase database;
  private PostgresStore store;

  @BeforeEach
  void open() {
    database = PostgresDatabase.create();
    store = database.open();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void keepsALeaseToItsHolderUntilItEnds() {
    assertThat(store.journals().acquireLease(BUCKET, "a", Duration.ofSeconds(30))).isTrue();
    assertThat(store.journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isFalse();
    assertThat(store.journals().acquireLease(BUCKET, "a", Duration.ofSeconds(30))).isTrue();
    assertThat(database.query("SELECT fencing_token FROM agents.journal_leases"))
        .containsExactly("1");
    store.journals().releaseLease(BUCKET, "b");
    assertThat(store.journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isFalse();
    store.journals().releaseLease(BUCKET, "a");
    assertThat(store.journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isTrue();
    assertThat(database.query("SELECT fencing_token FROM agents.journal_leases"))
        .containsExactly("2");
  }

  @Test
  void aLeaseThatRanOutGoesToTheNext() {
    assertThat(store.journals().acquireLease(BUCKET, "a", Duration.ofMillis(50))).isTrue();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> store.journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30)));
    assertThat(store.journals().acquireLease(BUCKET, "a", Duration.ofSeconds(30))).isFalse();
  }

  @Test
  void oneOfManyStartsTheEpochAndAllSeeIt() {
    Optional<JournalPosition> observed = Optional.empty();
    for (int round = 1; round <= 5; round++) {
      Optional<JournalPosition> before = observed;
      long first = round;
      List<JournalPosition> seen =
          Together.run(
              8, () -> store.journals().startEpoch(BUCKET, before, first, CREATED, "race"));
      Set<JournalPosition> different = new HashSet<>(seen);
      assertThat(different).hasSize(1);
      assertThat(seen.get(0).epochs().get(0))
          .isEqualTo(new JournalPosition.Epoch(seen.get(0).epoch(), first));
      observed = Optional.of(seen.get(0));
      assertThat(database.query("SELECT count(*) FROM agents.journal_epochs"))
          .containsExactly(String.valueOf(round));
    }
  }

  @Test
  void aNewEpochGoesBackAndNeverForward() {
    JournalPosition first =
        store.journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first");
    assertThat(first.sequence()).isZero();
    assertThat(first.messageTime()).isEqualTo(Instant.EPOCH);
    store.journals().apply(first, first.advancedTo(100, Changes.WRITTEN), List.of());
    JournalPosition at100 = store.journals().position(BUCKET).orElseThrow();

    JournalPosition back =
        store.journals().startEpoch(BUCKET, Optional.of(at100), 61, CREATED, "tail lost");

    assertThat(back.sequence()).isEqualTo(60);
    assertThat(back.messageTime()).isEqualTo(Changes.WRITTEN);
    assertThat(back.epochs())
        .containsExactly(
            new JournalPosition.Epoch(back.epoch(), 61),
            new JournalPosition.Epoch(first.epoch(), 1));
    assertThat(back.epochOf(60)).isEqualTo(first.epoch());
    assertThat(back.epochOf(61)).isEqualTo(back.epoch());

    JournalPosition ahead =
        store.journals().startEpoch(BUCKET, Optional.of(back), 200, CREATED, "ahead");
    assertThat(ahead.sequence()).isEqualTo(60);
    assertThat(ahead.epochs()).hasSize(3);

    Instant recreated = CREATED.plusNanos(1);
    JournalPosition anew =
        store.journals().startEpoch(BUCKET, Optional.of(ahead), 1, recreated, "recreated");
    assertThat(anew.sequence()).isZero();
    assertThat(anew.streamCreated()).isEqualTo(recreated);
    assertThat(anew.epochs()).containsExactly(new JournalPosition.Epoch(anew.epoch(), 1));
    assertThat(store.journals().position(BUCKET)).contains(anew);
  }

  @Test
  void whoObservedSomethingElseGetsThePositionAsItIs() {
    JournalPosition first =
        store.journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first");
    store.journals().apply(first, first.advancedTo(7, Changes.WRITTEN), List.of());
    JournalPosition now = store.journals().position(BUCKET).orElseThrow();

    assertThat(store.journals().startEpoch(BUCKET, Optional.of(first), 3, CREATED, "late"))
        .isEqualTo(now);
    assertThat(store.journals().startEpoch(BUCKET, Optional.empty(), 3, CREATED, "late"))
        .isEqualTo(now);
    JournalPosition otherStream =
        new JournalPosition(
            BUCKET, now.epoch(), 7, now.messageTime(), CREATED.plusNanos(1), now.epochs());
    assertThat(store.journals().startEpoch(BUCKET, Optional.of(otherStream), 3, CREATED, "late"))
        .isEqualTo(now);
  }
}
