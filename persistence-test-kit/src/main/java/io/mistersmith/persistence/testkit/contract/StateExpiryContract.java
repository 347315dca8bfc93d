package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.SaveOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a time to live must do, wherever the entry is by then. */
public abstract class StateExpiryContract extends PersistenceContract {

  private static final Duration SHORT = Duration.ofSeconds(2);

  /** For implementations. */
  protected StateExpiryContract() {}

  @Test
  void anEntryWithoutTimeToLiveHasNoEnd() {
    assertThat(states().save(key("a"), "1").expiresAt()).isEmpty();
    assertThat(find(key("a")).expiresAt()).isEmpty();
  }

  @Test
  void aTimeToLiveIsSeenAndEndsTheEntry() throws Exception {
    Instant before = config().build().clock().instant();
    Versioned<Object> saved = states().save(key("a"), "1", living(SHORT));
    Instant end = saved.expiresAt().orElseThrow();
    assertThat(end).isBetween(before.plus(SHORT).minusMillis(1), before.plus(SHORT).plusSeconds(5));
    assertThat(find(key("a")).expiresAt()).contains(end);
    assertThat(find(key("a")).revision()).isEqualTo(saved.revision());

    expire("a");
    assertThat(states().findAsync(key("a")).get(10, TimeUnit.SECONDS)).isEmpty();
    assertThat(row(states().findAll(List.of(key("a"))), key("a"))).isEmpty();
    assertThat(states().keys(agent().toString(), "")).isEmpty();
    assertFails(DataError.NOT_FOUND, () -> states().update(key("a"), value -> value));
  }

  @Test
  void anEntryThatEndedInTheDatabaseIsNotThereEither() {
    states().save(key("a"), "1", living(SHORT));
    states().flush(key("a"), SOON);
    expire("a");
    assertThat(open(config().build()).states(Object.class).find(key("a"))).isEmpty();
    assertThat(states().hydrate(agent().toString())).isZero();
  }

  @Test
  void aSaveWithoutOneTakesItAway() {
    states().save(key("a"), "1", living(SHORT));
    states().save(key("a"), "2");
    assertThat(find(key("a")).expiresAt()).isEmpty();
    elapse(SHORT.plusMillis(200));
    assertThat(find(key("a")).value()).isEqualTo("2");
    states().flush(key("a"), SOON);
    assertThat(find(key("a")).value()).isEqualTo("2");
  }

  @Test
  void aSaveWithALongerOneProlongsIt() {
    states().save(key("a"), "1", living(SHORT));
    states().save(key("a"), "2", living(Duration.ofMinutes(10)));
    elapse(SHORT.plusMillis(200));
    assertThat(find(key("a")).value()).isEqualTo("2");
  }

  @Test
  void anEndedEntryIsAbsentForConditionalWrites() {
    Revision old = states().save(key("a"), "1", living(SHORT)).revision();
    expire("a");
    assertFails(
        DataError.VERSION_CONFLICT, () -> states().save(key("a"), "2", SaveOptions.at(old)));
    Versioned<Object> fresh = states().save(key("a"), "3", SaveOptions.ifAbsent());
    assertThat(fresh.revision().isAfter(old)).isTrue();
    assertThat(find(key("a")).value()).isEqualTo("3");
    assertThat(find(key("a")).expiresAt()).isEmpty();
  }

  @Test
  void deletingAnEntryWithATimeToLiveIsFinal() {
    states().save(key("a"), "1", living(SHORT));
    states().delete(key("a"));
    assertThat(states().find(key("a"))).isEmpty();
    expire("a");
    states().delete(key("a"));
    assertThat(states().find(key("a"))).isEmpty();
  }

  @Test
  void aTimeToLiveThatIsNoneIsRefused() {
    for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
      assertThatThrownBy(() -> living(none))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("timeToLive");
    }
  }

  private static SaveOptions living(Duration time) {
    return SaveOptions.unconditional().withTimeToLive(time);
  }

  private void expire(String name) {
    StateKey key = key(name);
    elapse(SHORT);
    Awaitility.await().atMost(SOON).until(() -> states().find(key).isEmpty());
  }
}
