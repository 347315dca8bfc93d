package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.spi.sql.JournalPosition;
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

/** Leases of journals, and their epochs. */
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
    assertThat(store.sql().journals().acquireLease(BUCKET, "a", Duration.ofSeconds(30))).isTrue();
    assertThat(store.sql().journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isFalse();
    assertThat(store.sql().journals().acquireLease(BUCKET, "a", Duration.ofSeconds(30))).isTrue();
    assertThat(database.query("SELECT fencing_token FROM agents.journal_leases"))
        .containsExactly("1");
    store.sql().journals().releaseLease(BUCKET, "b");
    assertThat(store.sql().journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isFalse();
    store.sql().journals().releaseLease(BUCKET, "a");
    assertThat(store.sql().journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isTrue();
    assertThat(database.query("SELECT fencing_token FROM agents.journal_leases"))
        .containsExactly("2");
  }

  @Test
  void aLeaseThatRanOutGoesToTheNext() {
    assertThat(store.sql().journals().acquireLease(BUCKET, "a", Duration.ofMillis(50))).isTrue();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> store.sql().journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30)));
    assertThat(store.sql().journals().acquireLease(BUCKET, "a", Duration.ofSeconds(30))).isFalse();
  }

  @Test
  void oneOfManyStartsTheEpochAndAllSeeIt() {
    Optional<JournalPosition> observed = Optional.empty();
    for (int round = 1; round <= 5; round++) {
      Optional<JournalPosition> before = observed;
      long first = round;
      List<JournalPosition> seen =
          Concurrently.run(
              8, () -> store.sql().journals().startEpoch(BUCKET, before, first, CREATED, "race"));
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
        store.sql().journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first");
    assertThat(first.sequence()).isZero();
    assertThat(first.messageTime()).isEqualTo(Instant.EPOCH);
    store.sql().journals().apply(first, first.advancedTo(100, Changes.WRITTEN), List.of());
    JournalPosition at100 = store.sql().journals().position(BUCKET).orElseThrow();

    JournalPosition back =
        store.sql().journals().startEpoch(BUCKET, Optional.of(at100), 61, CREATED, "tail lost");

    assertThat(back.sequence()).isEqualTo(60);
    assertThat(back.messageTime()).isEqualTo(Changes.WRITTEN);
    assertThat(back.epochs())
        .containsExactly(
            new JournalPosition.Epoch(back.epoch(), 61),
            new JournalPosition.Epoch(first.epoch(), 1));
    assertThat(back.epochOf(60)).isEqualTo(first.epoch());
    assertThat(back.epochOf(61)).isEqualTo(back.epoch());

    JournalPosition ahead =
        store.sql().journals().startEpoch(BUCKET, Optional.of(back), 200, CREATED, "ahead");
    assertThat(ahead.sequence()).isEqualTo(60);
    assertThat(ahead.epochs()).hasSize(3);

    Instant recreated = CREATED.plusNanos(1);
    JournalPosition renewed =
        store.sql().journals().startEpoch(BUCKET, Optional.of(ahead), 1, recreated, "recreated");
    assertThat(renewed.sequence()).isZero();
    assertThat(renewed.streamCreated()).isEqualTo(recreated);
    assertThat(renewed.epochs()).containsExactly(new JournalPosition.Epoch(renewed.epoch(), 1));
    assertThat(store.sql().journals().position(BUCKET)).contains(renewed);
  }

  @Test
  void whoObservedSomethingElseGetsThePositionAsItIs() {
    JournalPosition first =
        store.sql().journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first");
    store.sql().journals().apply(first, first.advancedTo(7, Changes.WRITTEN), List.of());
    JournalPosition now = store.sql().journals().position(BUCKET).orElseThrow();

    assertThat(store.sql().journals().startEpoch(BUCKET, Optional.of(first), 3, CREATED, "late"))
        .isEqualTo(now);
    assertThat(store.sql().journals().startEpoch(BUCKET, Optional.empty(), 3, CREATED, "late"))
        .isEqualTo(now);
    JournalPosition otherStream =
        new JournalPosition(
            BUCKET, now.epoch(), 7, now.messageTime(), CREATED.plusNanos(1), now.epochs());
    assertThat(
            store.sql().journals().startEpoch(BUCKET, Optional.of(otherStream), 3, CREATED, "late"))
        .isEqualTo(now);
  }
}
