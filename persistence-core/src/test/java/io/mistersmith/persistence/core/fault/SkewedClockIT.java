package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A runtime whose clock is an hour ahead, or behind, beside others whose clocks are right. */
@Tag("fault")
@Tag("full")
class SkewedClockIT {

  private static final FaultServers SERVERS = FaultServers.start();
  private static final Installation INSTALLATION = SERVERS.installation();
  private static final Persistence RIGHT = INSTALLATION.openUncached();

  @AfterAll
  static void close() {
    try (SERVERS) {
      RIGHT.close();
    }
  }

  private static StateRepository<String> resolving(Persistence runtime) {
    return runtime.states(
        StateType.untyped(String.class)
            .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
  }

  @ParameterizedTest
  @ValueSource(ints = {60, -60})
  void aRuntimeWhoseClockIsWrongGoesByTheServers(int minutes) {
    Clock wrong = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(minutes));
    StateKey key = StateKey.of(INSTALLATION.register(RIGHT, 1).get(0), "k");
    try (Persistence skewed =
        Persistence.open(INSTALLATION.config().toBuilder().clock(wrong).build())) {
      SaveOptions brief = SaveOptions.ifAbsent().withTimeToLive(Duration.ofSeconds(3));
      StateRepository<String> right = RIGHT.states(String.class);
      StateRepository<String> states = skewed.states(String.class);
      Versioned<String> saved = right.save(key, "1", brief);
      assertThat(states.find(key).orElseThrow().revision()).isEqualTo(saved.revision());
      assertThatThrownBy(() -> states.save(key, "2", SaveOptions.ifAbsent()))
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.DUPLICATE_KEY));
      await().atMost(Duration.ofSeconds(60)).until(() -> states.find(key).isEmpty());
      assertThat(Instant.now()).isAfterOrEqualTo(saved.expiresAt().orElseThrow());
      assertThat(states.save(key, "3", brief).expiresAt().orElseThrow())
          .isCloseTo(Instant.now().plusSeconds(3), within(3, ChronoUnit.SECONDS));
      states.delete(key);
      settle();

      for (int i = 0; i < 20; i++) {
        assertThat(resolving(skewed).save(key, "wrong" + i).value()).isEqualTo("wrong" + i);
        settle();
        assertThat(resolving(RIGHT).save(key, "right" + i).value()).isEqualTo("right" + i);
        settle();
      }
      SERVERS.report("SkewedClock", "ahead_min=%d blocked=0".formatted(minutes));
    }
  }

  /** Two runtimes know the server's time to within a round trip: their writes are further apart. */
  private static void settle() {
    long until = System.nanoTime() + Duration.ofMillis(20).toNanos();
    await().pollInterval(Duration.ofMillis(5)).until(() -> System.nanoTime() >= until);
  }
}
