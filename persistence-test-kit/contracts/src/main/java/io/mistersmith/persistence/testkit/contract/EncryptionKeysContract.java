package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.security.Encryption;
import io.mistersmith.persistence.security.Encryption.Rotation;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of the keys that encrypt entries. */
public abstract class EncryptionKeysContract extends EncryptionTests {

  private static final SaveOptions NO_OPTION = SaveOptions.unconditional();
  private static final Duration A_LITTLE = Duration.ofMillis(20);

  /** More than two pages of a rotation. */
  private static final int ENTRIES = 450;

  /** For implementations. */
  protected EncryptionKeysContract() {}

  private static Encryption of(Persistence runtime) {
    return runtime.operations().encryption();
  }

  private Instant aLittleLater() {
    elapse(A_LITTLE);
    Instant time = now();
    elapse(A_LITTLE);
    return time;
  }

  @Test
  void theProviderIsAskedOnceAKey() {
    Persistence writing = encrypted();
    for (int i = 0; i < 20; i++) {
      states(writing).save(key("entry " + i), i, NO_OPTION);
    }
    assertThat(keys.calls()).as("to wrap the key").isOne();

    Persistence reading = encrypted();
    for (int i = 0; i < 20; i++) {
      assertThat(states(reading).find(key("entry " + i)).orElseThrow().value()).isEqualTo(i);
    }
    assertThat(keys.calls()).as("to unwrap it in the other runtime").isEqualTo(2);
  }

  @Test
  void anOutageOfTheProviderIsBridgedForTheLifetimeOfTheCache() {
    Persistence runtime = encrypted();
    states(runtime).save(key("one"), "1", NO_OPTION);
    Persistence late = encrypted();

    keys.away(true);

    assertThat(states(runtime).find(key("one")).orElseThrow().value()).isEqualTo("1");
    states(runtime).save(key("two"), "2", NO_OPTION);
    assertFails(DataError.KEY_UNAVAILABLE, true, () -> states(late).find(key("one")));
    assertFails(DataError.KEY_UNAVAILABLE, true, () -> states(late).save(key("x"), "x", NO_OPTION));
    keys.away(false);
    assertThat(states(late).find(key("two")).orElseThrow().value()).isEqualTo("2");
  }

  @Test
  void aKeyIsForgottenAfterTheLifetimeOfTheCache() {
    Duration lifetime = Duration.ofMillis(100);
    Persistence runtime = encrypted(encryption().cacheLifetime(lifetime));
    states(runtime).save(key("one"), "1", NO_OPTION);
    states(runtime).save(key("two"), "2", NO_OPTION);
    elapse(lifetime.multipliedBy(2));

    keys.away(true);

    assertFails(
        DataError.KEY_UNAVAILABLE, true, () -> states(runtime).save(key("one"), "3", NO_OPTION));
  }

  @Test
  void aRotationRewritesAllThatIsOlder() {
    Persistence runtime = encrypted();
    AgentId user = AgentId.external("user 7");
    Map<StateKey, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < ENTRIES; i++) {
      values.put(StateKey.of(i % 2 == 0 ? agent() : user, "entry " + i), i);
    }
    states(runtime).saveAll(values).values().forEach(row -> assertThat(row.isSuccess()).isTrue());
    UUID old = dataKey(StateKey.of(agent(), "entry 0"));
    Instant since = aLittleLater();

    Rotation done = of(runtime).rotate(Rotation.since(since), at -> {});

    assertThat(done.isDone()).isTrue();
    assertThat(done.seen()).isEqualTo(ENTRIES);
    assertThat(done.rewritten()).isEqualTo(ENTRIES);
    assertThat(done.failed()).isZero();
    Persistence other = encrypted();
    UUID next = dataKey(StateKey.of(agent(), "entry 0"));
    assertThat(next).isNotEqualTo(old);
    values.forEach(
        (key, value) -> {
          assertThat(states(other).find(key).orElseThrow().value()).isEqualTo(value);
        });
    assertThat(dataKey(StateKey.of(user, "entry 449"))).isEqualTo(next);
    assertThat(of(other).rotate(Rotation.since(since), at -> {}).rewritten()).isZero();
  }

  @Test
  void aRotationGoesOnWhereItWasStopped() {
    Map<StateKey, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < ENTRIES; i++) {
      values.put(key("entry " + i), i);
    }
    states().saveAll(values).values().forEach(row -> assertThat(row.isSuccess()).isTrue());
    EncryptionConfig.Builder migrating = encryption().mode(Mode.MIGRATION);
    AtomicReference<Rotation> last = new AtomicReference<>();
    Persistence first = encrypted(migrating);
    assertThatThrownBy(
            () ->
                of(first)
                    .rotate(
                        Rotation.ofPlaintext(),
                        at -> {
                          last.set(at);
                          throw new IllegalStateException("stopped");
                        }))
        .hasMessage("stopped");
    Rotation stopped = Objects.requireNonNull(last.get());
    assertThat(stopped.rewritten()).isBetween(1L, ENTRIES - 1L);

    Rotation done = of(encrypted(migrating)).rotate(stopped, at -> {});

    assertThat(done.seen()).isEqualTo(ENTRIES);
    assertThat(done.rewritten()).isEqualTo(ENTRIES);
    Persistence strict = encrypted();
    assertThat(states(strict).find(key("entry 0")).orElseThrow().value()).isEqualTo(0);
    assertThat(states(strict).find(key("entry 449")).orElseThrow().value()).isEqualTo(449);
  }

  @Test
  void aFasterWriterWinsOverARotation() throws Exception {
    Faults slow = new Faults(1);
    Persistence runtime = open(config().encryption(encryption().build()).build(), slow);
    states(runtime).save(key("one"), "old", NO_OPTION);
    Persistence other = encrypted();
    Instant since = aLittleLater();
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try (Gate gate = slow.on(Call.PUBLISH).pauseBefore()) {
      Future<Rotation> rotating =
          pool.submit(() -> of(runtime).rotate(Rotation.since(since), at -> {}));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      states(other).save(key("one"), "new", NO_OPTION);
      gate.release();

      Rotation done = rotating.get(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(done.rewritten()).isZero();
      assertThat(done.failed()).isZero();
    } finally {
      pool.shutdownNow();
    }
    assertThat(states(encrypted()).find(key("one")).orElseThrow().value()).isEqualTo("new");
  }

  @Test
  void aRotationKeepsEndsAndClocks() {
    Persistence runtime = encrypted();
    StateRepository<Object> resolving =
        runtime.states(
            StateType.of("resolved", Object.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    Versioned<Object> written = resolving.save(key("resolved"), "value", NO_OPTION);
    StateType<Object> ending =
        StateType.of("ending", Object.class).withTimeToLive(Duration.ofHours(1));
    Versioned<Object> before = runtime.states(ending).save(key("ending"), "value", NO_OPTION);

    Rotation done = of(runtime).rotate(Rotation.since(aLittleLater()), at -> {});

    assertThat(done.rewritten()).isEqualTo(2);
    Persistence other = encrypted();
    Versioned<Object> after = other.states(ending).find(key("ending")).orElseThrow();
    assertThat(after.value()).isEqualTo("value");
    assertThat(after.expiresAt()).isEqualTo(before.expiresAt());
    assertThat(resolving.find(key("resolved")).orElseThrow().clock()).isEqualTo(written.clock());
  }

  @Test
  void aDestroyedKeyTakesItsSubjectsEntriesAlone() {
    Persistence runtime = encrypted(encryption().keyOfEachOwner());
    AgentId other = register();
    states(runtime).save(key("gone"), MARKER, NO_OPTION);
    states(runtime).save(StateKey.of(other, "kept"), "kept", NO_OPTION);

    assertThat(of(runtime).destroy(agent().toString())).isOne();

    Persistence later = encrypted(encryption().keyOfEachOwner());
    assertUnreadable(() -> states(later).find(key("gone")));
    assertThat(states(later).find(StateKey.of(other, "kept")).orElseThrow().value())
        .isEqualTo("kept");
    states(later).save(key("gone"), "new", NO_OPTION);
    assertThat(states(later).find(key("gone")).orElseThrow().value()).isEqualTo("new");
  }

  @Test
  void otherRuntimesStopUsingADestroyedKey() {
    EncryptionConfig.Builder own = encryption().keyOfEachOwner();
    Persistence runtime = encrypted(own);
    Persistence other = encrypted(own);
    states(runtime).save(key("gone"), MARKER, NO_OPTION);
    states(other).save(key("of other"), MARKER, NO_OPTION);
    UUID first = dataKey(key("of other"));
    assertThat(of(runtime).destroy(agent().toString())).isOne();

    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              states(other).save(key("of other"), "new", NO_OPTION);
              assertThat(dataKey(key("of other"))).isNotEqualTo(first);
            });
    assertUnreadable(() -> states(other).find(key("gone")));
    assertThat(states(runtime).find(key("of other")).orElseThrow().value()).isEqualTo("new");
  }

  @Test
  void anotherMasterKeyTakesOverAllDataKeys() {
    Persistence runtime = encrypted(encryption().keyOfEachOwner());
    AgentId other = register();
    states(runtime).save(key("one"), "1", NO_OPTION);
    states(runtime).save(StateKey.of(other, "two"), "2", NO_OPTION);

    EncryptionConfig.Builder next =
        EncryptionConfig.builder(keys, SwitchedKeys.NEXT).keyOfEachOwner();
    assertThat(of(encrypted(next)).rewrap()).isEqualTo(2);

    assertThat(stores().sql().dataKeys().wrappedByOthers(SwitchedKeys.NEXT, 10)).isEmpty();
    Persistence later = encrypted(next);
    assertThat(states(later).find(key("one")).orElseThrow().value()).isEqualTo("1");
    assertThat(states(later).find(StateKey.of(other, "two")).orElseThrow().value()).isEqualTo("2");
    assertThat(of(later).rewrap()).isZero();
  }

  @Test
  void withoutEncryptionThereIsNothingToRotate() {
    assertThat(of(persistence()).mode()).isEmpty();
    assertFails(
        DataError.MISCONFIGURED,
        false,
        () -> of(persistence()).rotate(Rotation.ofPlaintext(), at -> {}));
    assertFails(DataError.MISCONFIGURED, false, () -> of(persistence()).rewrap());
    assertThat(of(persistence()).destroy("nobody")).isZero();
  }
}
