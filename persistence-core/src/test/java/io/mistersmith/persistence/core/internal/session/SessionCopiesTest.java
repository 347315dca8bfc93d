package io.mistersmith.persistence.core.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.session.SessionCopies.Look;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.SessionStore.StoredSession;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Copies of rows whose clock is another one than KV's, and of rows that are too large for KV. */
class SessionCopiesTest {

  private static final Duration HOUR = Duration.ofHours(1);
  private static final String HASH = "5".repeat(64);

  private final ManualClock clock = ManualClock.create();
  private final PersistenceConfig config =
      PersistenceConfig.inMemory()
          .clock(clock)
          .bucket(
              Bucket.SESSION_DATA,
              Bucket.SESSION_DATA.defaults().toBuilder().maxValueBytes(1_000).build())
          .build();
  private final Stores stores = new InMemoryStores().open(config);
  private final SessionCopies copies =
      new SessionCopies(
          stores.hot().bucket(Bucket.SESSION_DATA), stores.hot().clock(), Sealing.NONE);

  @AfterEach
  void close() {
    stores.close();
  }

  private StoredSession row(long version, Instant postgresTime, Duration left, String preference) {
    Session session =
        new Session(
            UUID.randomUUID(),
            Session.Type.INTERACTIVE,
            Optional.of("ada"),
            Optional.empty(),
            Set.of("read"),
            Map.of("p", preference),
            Optional.empty(),
            Optional.empty(),
            HOUR,
            postgresTime,
            postgresTime,
            postgresTime.plus(left));
    return new StoredSession(session, HASH, version, left);
  }

  private Look look() {
    return copies.look(HASH);
  }

  @Test
  void aCopyEndsWithItsRowWhateverTheClocksSay() {
    for (Duration ahead : List.of(Duration.ofHours(5), Duration.ZERO, Duration.ofHours(-5))) {
      Instant postgresTime = clock.instant().plus(ahead);
      StoredSession row = row(1, postgresTime, Duration.ofSeconds(10), "x");
      copies.keep(row, look());
      assertThat(look().session()).as("PostgreSQL is ahead by %s", ahead).contains(row.session());
      clock.advance(Duration.ofSeconds(9));
      assertThat(look().session()).contains(row.session());
      clock.advance(Duration.ofSeconds(1));
      assertThat(look().session()).as("PostgreSQL is ahead by %s", ahead).isEmpty();
      assertThat(look().isEnded()).as("PostgreSQL has the last word").isFalse();
    }
  }

  @Test
  void aTouchIsDueAfterATenthOfTheTimeToLive() {
    StoredSession row = row(1, clock.instant().plus(HOUR), HOUR, "x");
    copies.keep(row, look());
    clock.advance(Duration.ofMinutes(6).minusMillis(1));
    assertThat(look().isDue()).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(look().isDue()).isTrue();
  }

  @Test
  void anOlderVersionTakesNoNewersPlace() {
    Look nothing = look();
    Instant began = clock.instant();
    StoredSession old = row(1, began, HOUR, "old");
    StoredSession changed = row(2, began, HOUR, "new");
    copies.publish(changed, began);
    copies.keep(old, nothing);
    assertThat(look().session()).contains(changed.session());
    copies.publish(old, began);
    assertThat(look().session()).contains(changed.session());
    copies.end(List.of(HASH));
    copies.publish(row(3, began, HOUR, "late"), began);
    assertThat(look().isEnded()).isTrue();
  }

  @Test
  void whatIsTooLargeForTheBucketKeepsOlderVersionsOutAllTheSame() {
    Instant began = clock.instant();
    Look nothing = look();
    copies.publish(row(2, began, HOUR, "x".repeat(1_000)), began);
    copies.keep(row(1, began, HOUR, "old"), nothing);
    assertThat(look().session()).as("PostgreSQL has to be asked").isEmpty();
    assertThat(look().isEnded()).isFalse();
  }
}
