package io.mistersmith.persistence.core.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.DataKeyStore.NewKey;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The lifetimes of data keys, by a clock. */
class DataKeysTest {

  private static final Duration CACHED = Duration.ofMinutes(10);
  private static final Duration IN_USE = Duration.ofDays(90);
  private static final Duration MOMENT = Duration.ofMillis(1);

  private final ManualClock clock = ManualClock.create();
  private final Stores stores =
      new InMemoryStores().open(PersistenceConfig.inMemory().clock(clock).build());
  private final DataKeyStore rows = stores.sql().dataKeys();
  private final KeyProvider local = KeyProvider.inMemory(Map.of("m", new byte[32]));
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicBoolean away = new AtomicBoolean();

  @AfterEach
  void close() {
    stores.close();
  }

  private DataKeys open() {
    return open(rows);
  }

  private DataKeys open(DataKeyStore from) {
    return new DataKeys(EncryptionConfig.builder(new Counted(), "m").build(), from, clock);
  }

  /** Returns the rows, of a database that can be away. */
  private DataKeyStore interrupted(AtomicBoolean rowsAway) {
    return (DataKeyStore)
        Proxy.newProxyInstance(
            DataKeyStore.class.getClassLoader(),
            new Class<?>[] {DataKeyStore.class},
            (proxy, method, arguments) -> {
              if (rowsAway.get()) {
                throw new TransientPersistenceException(DataError.CONNECTION_FAILED, "away");
              }
              return method.invoke(rows, arguments);
            });
  }

  /** Returns the rows of whichever database is primary. */
  private static DataKeyStore switched(AtomicReference<DataKeyStore> primary) {
    return (DataKeyStore)
        Proxy.newProxyInstance(
            DataKeyStore.class.getClassLoader(),
            new Class<?>[] {DataKeyStore.class},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(primary.get(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Fails with an exception of its own kind while it is away, as a client of a service does. */
  private final class Counted implements KeyProvider {
    @Override
    public byte[] wrap(String masterKey, byte[] dataKey) {
      call();
      return local.wrap(masterKey, dataKey);
    }

    @Override
    public byte[] unwrap(String masterKey, byte[] wrapped) {
      call();
      return local.unwrap(masterKey, wrapped);
    }

    private void call() {
      calls.incrementAndGet();
      if (away.get()) {
        throw new IllegalStateException("no connection");
      }
    }
  }

  @Test
  void aKeyIsUnwrappedOnceInItsLifetime() {
    UUID id = open().toEncrypt("s").id();
    DataKeys reading = open();
    calls.set(0);

    for (int i = 0; i < 5; i++) {
      assertThat(reading.find(id).id()).isEqualTo(id);
    }
    assertThat(calls).hasValue(1);
    clock.advance(CACHED.minus(MOMENT));
    assertThat(reading.find(id).id()).isEqualTo(id);
    assertThat(calls).hasValue(1);
    clock.advance(MOMENT);
    assertThat(reading.find(id).id()).isEqualTo(id);
    assertThat(calls).hasValue(2);
  }

  @Test
  void anOutageEndsReadsWithTheLifetime() {
    DataKeys keys = open();
    UUID id = keys.toEncrypt("s").id();
    away.set(true);
    clock.advance(CACHED.minus(MOMENT));
    assertThat(keys.find(id).id()).isEqualTo(id);
    assertThat(keys.toEncrypt("s").id()).isEqualTo(id);
    clock.advance(MOMENT);

    assertThatThrownBy(() -> keys.find(id))
        .isInstanceOfSatisfying(
            TransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.KEY_UNAVAILABLE));
    away.set(false);
    assertThat(keys.find(id).id()).isEqualTo(id);
  }

  @Test
  void knownKeysStayInUseWhilePostgresIsAway() {
    AtomicBoolean rowsAway = new AtomicBoolean();
    DataKeys keys = open(interrupted(rowsAway));
    UUID id = keys.toEncrypt("s").id();
    UUID unknown = open().toEncrypt("t").id();
    rowsAway.set(true);
    clock.advance(CACHED.multipliedBy(3));
    calls.set(0);

    assertThat(keys.toEncrypt("s").id()).isEqualTo(id);
    assertThat(keys.find(id).id()).isEqualTo(id);
    assertThat(calls).as("the provider is asked again").hasValue(1);
    assertThatThrownBy(() -> keys.find(unknown))
        .isInstanceOfSatisfying(
            TransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.CONNECTION_FAILED));
  }

  @Test
  void allProcessesEncryptWithTheSameKeyUntilItIsOld() {
    UUID first = open().toEncrypt("s").id();
    DataKeys other = open();
    assertThat(other.toEncrypt("s").id()).isEqualTo(first);
    assertThat(other.toEncrypt("t").id()).isNotEqualTo(first);

    clock.advance(IN_USE);

    UUID next = other.toEncrypt("s").id();
    assertThat(next).isNotEqualTo(first);
    assertThat(open().toEncrypt("s").id()).isEqualTo(next);
    assertThat(other.find(first).id()).isEqualTo(first);
  }

  @Test
  void anOldKeyGoesOnWhileNoNewOneCanBeMade() {
    DataKeys keys = open();
    UUID first = keys.toEncrypt("s").id();
    clock.advance(IN_USE.minus(MOMENT));
    assertThat(keys.toEncrypt("s").id()).isEqualTo(first);
    clock.advance(MOMENT);
    calls.set(0);
    away.set(true);

    for (int i = 0; i < 5; i++) {
      assertThat(keys.toEncrypt("s").id()).isEqualTo(first);
    }
    assertThat(calls).as("attempts").hasValue(1);

    away.set(false);
    clock.advance(Duration.ofSeconds(2));
    assertThat(keys.toEncrypt("s").id()).isNotEqualTo(first);
  }

  @Test
  void aKeyOfBeforeARotationIsReplaced() {
    DataKeys keys = open();
    UUID first = keys.toEncrypt("s").id();
    clock.advance(MOMENT);

    keys.renewBefore(clock.instant());

    UUID next = keys.toEncrypt("s").id();
    assertThat(next).isNotEqualTo(first);
    assertThat(keys.toEncrypt("s").id()).isEqualTo(next);
  }

  @Test
  void aKeyThatAnotherProcessDestroyedEncryptsNoMore() {
    DataKeys keys = open();
    UUID first = keys.toEncrypt("s").id();
    assertThat(rows.destroy("s")).isOne();
    clock.advance(CACHED);

    assertThat(keys.toEncrypt("s").id()).isNotEqualTo(first);
    assertThatThrownBy(() -> keys.find(first))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.UNREADABLE));
  }

  @Test
  void aKeyThatAnotherProcessDestroyedIsDroppedByTheNextComparison() {
    DataKeys keys = open();
    UUID first = keys.toEncrypt("s").id();
    UUID other = keys.toEncrypt("t").id();
    assertThat(rows.destroy("s")).isOne();
    assertThat(keys.toEncrypt("s").id()).as("before").isEqualTo(first);

    keys.compare();

    assertThat(keys.toEncrypt("s").id()).isNotEqualTo(first);
    assertThat(keys.toEncrypt("t").id()).isEqualTo(other);
    assertThatThrownBy(() -> keys.find(first))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.UNREADABLE));
  }

  @Test
  void aKeyThatPostgresLostIsAddedAgain() {
    Stores replica = new InMemoryStores().open(PersistenceConfig.inMemory().clock(clock).build());
    AtomicReference<DataKeyStore> primary = new AtomicReference<>(rows);
    DataKeys keys = open(switched(primary));
    DataKeys others = open(switched(primary));
    UUID id = keys.toEncrypt("s").id();
    UUID unusedSame = others.find(id).id();
    primary.set(replica.sql().dataKeys());

    keys.compare();
    others.compare();

    assertThat(open(replica.sql().dataKeys()).find(id).id()).isEqualTo(id);
    assertThat(open(replica.sql().dataKeys()).toEncrypt("s").id()).isEqualTo(id);
    replica.close();
  }

  @Test
  void aReadAddsAKeyThatPostgresLostAgain() {
    Stores replica = new InMemoryStores().open(PersistenceConfig.inMemory().clock(clock).build());
    AtomicReference<DataKeyStore> primary = new AtomicReference<>(rows);
    DataKeys keys = open(switched(primary));
    UUID id = keys.toEncrypt("s").id();
    primary.set(replica.sql().dataKeys());
    clock.advance(CACHED);

    assertThat(keys.find(id).id()).isEqualTo(id);
    assertThat(replica.sql().dataKeys().find(id)).isPresent();
    replica.close();
  }

  @Test
  void aRowWithTheKeyOfAnotherIsRefused() {
    DataKeys keys = open();
    UUID first = keys.toEncrypt("s").id();
    UUID forged = UUID.randomUUID();
    rows.add(
        new NewKey(
            forged,
            "s",
            "m",
            rows.find(first).orElseThrow().wrapped().orElseThrow(),
            clock.instant()));

    assertThatThrownBy(() -> keys.find(forged))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.UNREADABLE));
  }
}
