package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of a time to live, in whichever store the entry is by then. */
public abstract class StateExpiryContract extends PersistenceContract {

  private static final Duration SHORT = Duration.ofSeconds(2);

  private static final SaveOptions NO_OPTION = SaveOptions.unconditional();

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
    assertThat(states().findAsync(key("a")).get(60, TimeUnit.SECONDS)).isEmpty();
    assertThat(row(states().findAll(List.of(key("a"))), key("a"))).isEmpty();
    assertThat(states().keys(agent(), "")).isEmpty();
    assertFails(DataError.NOT_FOUND, () -> states().update(key("a"), value -> value));
  }

  @Test
  void anEntryThatEndedInTheDatabaseIsNotThereEither() {
    states().save(key("a"), "1", living(SHORT));
    states().flush(key("a"), SOON);
    expire("a");
    assertThat(open(config().build()).states(Object.class).find(key("a"))).isEmpty();
    assertThat(persistence().lifecycle().hydrate(agent()).brought()).isZero();
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
  void aTypesTimeToLiveIsThatOfSavesWithoutOne() throws Exception {
    Duration hour = Duration.ofHours(1);
    StateType<Object> type = StateType.of("hourly", Object.class).withTimeToLive(hour);
    for (StateType<Object> each :
        List.of(type, type.withRules(ConflictRules.of(ConflictResolver.lastWriteWins())))) {
      StateRepository<Object> hourly = persistence().states(each);
      Instant own = hourly.save(key("a"), 1, living(SHORT)).expiresAt().orElseThrow();
      Instant begin = own.minus(SHORT).minusMillis(1);
      lastsFrom(begin, hour, hourly.save(key("a"), 1));
      lastsFrom(begin, hour, hourly.saveAsync(key("a"), 2, NO_OPTION).get(60, TimeUnit.SECONDS));
      lastsFrom(begin, hour, row(hourly.saveAll(Map.of(key("a"), 3)), key("a")));
      lastsFrom(begin, hour, hourly.update(key("b"), 0, value -> 4));
      lastsFrom(begin, hour, hourly.find(key("b")).orElseThrow());
      hourly.save(key("c"), 1, living(SHORT));
      assertThat(hourly.update(key("c"), 0, value -> 5).expiresAt().orElseThrow())
          .as("an update keeps the end that there is")
          .isBefore(begin.plus(hour));
      hourly.deleteAll(List.of(key("a"), key("b"), key("c")));
    }
    assertThatThrownBy(() -> type.withTimeToLive(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void lastsFrom(Instant begin, Duration time, Versioned<Object> version) {
    Instant end = version.expiresAt().orElseThrow();
    assertThat(end).isBetween(begin.plus(time), begin.plus(time).plus(SOON));
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
    assertFails(DataError.TTL_EXPIRED, () -> states().save(key("a"), "2", SaveOptions.at(old)));
    Versioned<Object> fresh = states().save(key("a"), "3", SaveOptions.ifAbsent());
    assertThat(fresh.revision().isAfter(old)).isTrue();
    assertThat(find(key("a")).value()).isEqualTo("3");
    assertThat(find(key("a")).expiresAt()).isEmpty();
  }

  @Test
  void aWriteAtARevisionWhoseTimeIsOverSaysSo() throws Exception {
    for (StateRepository<Object> repository : List.of(states(), resolving())) {
      Revision old = repository.save(key("a"), "1", living(SHORT)).revision();
      expire("a");
      SaveOptions at = SaveOptions.at(old);
      assertFails(DataError.TTL_EXPIRED, () -> repository.save(key("a"), "2", at));
      assertFails(DataError.TTL_EXPIRED, repository.saveAsync(key("a"), "2", at));
      assertFails(DataError.TTL_EXPIRED, () -> repository.delete(key("a"), old));
      Revision next = repository.save(key("a"), "3").revision();
      assertFails(DataError.VERSION_CONFLICT, () -> repository.save(key("a"), "4", at));
      repository.delete(key("a"), next);
      assertFails(
          DataError.VERSION_CONFLICT, () -> repository.save(key("a"), "5", SaveOptions.at(next)));
    }
  }

  @Test
  void anUpdateOfAnEntryThatEndsMeanwhileSaysSo() {
    states().save(key("a"), "1", living(SHORT));
    assertFails(DataError.TTL_EXPIRED, () -> states().update(key("a"), this::afterTheEnd));
    states().save(key("a"), "1", living(SHORT));
    assertThat(states().update(key("a"), "new", this::afterTheEnd).value()).isEqualTo("new+");
  }

  private Object afterTheEnd(Object value) {
    if (value.equals("1")) {
      elapse(SHORT.plusMillis(100));
    }
    return value + "+";
  }

  @Test
  void aSessionWhoseTimeIsOverSaysSo() {
    StateRepository<String> sessions =
        persistence().states(StateType.untyped(String.class).in(DataType.SESSION_DATA));
    StateKey key = StateKey.of(AgentId.external("session"), "ended");
    Revision old = sessions.save(key, "1", living(SHORT)).revision();
    elapse(SHORT);
    Awaitility.await().atMost(SOON).until(() -> sessions.find(key).isEmpty());
    assertFails(DataError.TTL_EXPIRED, () -> sessions.save(key, "2", SaveOptions.at(old)));
    assertFails(DataError.TTL_EXPIRED, () -> sessions.delete(key, old));
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
  void anEndThatNoStoreCanKeepIsRefused() throws Exception {
    Versioned<Object> before = states().save(key("a"), "1");
    for (Duration time :
        List.of(
            Duration.ofDays(365 * 8_000L),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
            Duration.ofMillis(Long.MAX_VALUE))) {
      assertFails(DataError.CONSTRAINT_VIOLATION, () -> states().save(key("a"), "2", living(time)));
      assertFails(DataError.CONSTRAINT_VIOLATION, states().saveAsync(key("a"), "2", living(time)));
      assertFails(
          DataError.CONSTRAINT_VIOLATION, () -> resolving().save(key("a"), "2", living(time)));
    }
    assertThat(find(key("a")).revision()).isEqualTo(before.revision());
    Duration ages = Duration.ofDays(365 * 5_000L);
    Instant end = states().save(key("a"), "3", living(ages)).expiresAt().orElseThrow();
    states().flush(key("a"), SOON);
    Versioned<Object> found =
        open(config().build()).states(Object.class).find(key("a")).orElseThrow();
    assertThat(found.expiresAt()).contains(end);
  }

  private StateRepository<Object> resolving() {
    return persistence()
        .states(
            StateType.untyped(Object.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
  }

  @Test
  void aSessionEndsWithItsBucketsMaximumAgeAndSaysSo() throws Exception {
    Duration most = config().build().bucket(Bucket.SESSION_DATA).maxAge();
    assertThat(most).isEqualTo(Duration.ofHours(1));
    StateRepository<String> sessions =
        persistence().states(StateType.untyped(String.class).in(DataType.SESSION_DATA));
    StateRepository<String> resolving =
        persistence()
            .states(
                StateType.untyped(String.class)
                    .in(DataType.SESSION_DATA)
                    .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    StateKey key = StateKey.of(AgentId.external("session"), "a");
    for (StateRepository<String> repository : List.of(sessions, resolving)) {
      for (SaveOptions options :
          List.of(SaveOptions.unconditional(), living(Duration.ofHours(5)), living(most))) {
        Versioned<String> saved = repository.save(key, "1", options);
        assertEndsAfter(most, saved);
        assertEndsAfter(most, repository.find(key).orElseThrow());
        assertEndsAfter(most, repository.saveAsync(key, "2", options).get(60, TimeUnit.SECONDS));
        assertEndsAfter(most, repository.update(key, value -> value + "3"));
        assertEndsAfter(most, repository.find(key).orElseThrow());
      }
      Versioned<String> brief = repository.save(key, "4", living(SHORT));
      assertThat(repository.find(key).orElseThrow().expiresAt()).isEqualTo(brief.expiresAt());
      assertThat(repository.update(key, value -> "5").expiresAt()).isEqualTo(brief.expiresAt());
      elapse(SHORT.plusMillis(5));
      assertThat(repository.find(key)).isEmpty();
    }
  }

  private void assertEndsAfter(Duration time, Versioned<?> version) {
    Instant end = config().build().clock().instant().plus(time);
    assertThat(version.expiresAt().orElseThrow())
        .isBetween(end.minusSeconds(5), end.plusSeconds(1));
  }

  @Test
  void anUpdateProlongsASessionThatHasNoEndOfItsOwn() {
    StateRepository<String> sessions =
        persistence().states(StateType.untyped(String.class).in(DataType.SESSION_DATA));
    StateKey key = StateKey.of(AgentId.external("session"), "b");
    Instant first = sessions.save(key, "1").expiresAt().orElseThrow();
    elapse(Duration.ofMillis(50));
    Instant second = sessions.update(key, value -> "2").expiresAt().orElseThrow();
    assertThat(second).isAfterOrEqualTo(first.plusMillis(40));
    Instant own = sessions.save(key, "3", living(Duration.ofHours(5))).expiresAt().orElseThrow();
    elapse(Duration.ofMillis(50));
    assertThat(sessions.update(key, value -> "4").expiresAt()).contains(own);
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
