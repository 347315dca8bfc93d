package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** A cache over an in-memory bucket with faults, whose loads are the test's. */
final class CacheFixture implements AutoCloseable {

  static final Duration SOON = Duration.ofSeconds(60);
  static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  final ManualClock clock = ManualClock.create();
  final Faults faults = new Faults(3);
  final InMemoryStores stores = new InMemoryStores();
  final Epochs epochs = new Epochs();
  final Map<StateKey, Revision> floors = new ConcurrentHashMap<>();
  final List<AgentId> used = new CopyOnWriteArrayList<>();
  final ExecutorService executor = Executors.newCachedThreadPool();
  final AtomicBoolean deaf = new AtomicBoolean();
  final AtomicInteger silences = new AtomicInteger();
  final HotBucket bucket;
  final L1<Thing> l1;
  private final Stores opened;

  CacheFixture(CacheConfig config) {
    this(config, true, Duration.ZERO);
  }

  CacheFixture(CacheConfig config, boolean enabled, Duration maxAge) {
    this.opened =
        new FaultyStores(stores, faults).open(PersistenceConfig.inMemory().clock(clock).build());
    this.bucket = opened.hot().bucket(Bucket.AGENT_STATE);
    this.l1 =
        new L1<>(
            config,
            enabled,
            new CacheContext(
                DeafReader.over(bucket.journal(), deaf, silences),
                epochs,
                key -> Optional.ofNullable(floors.get(key)),
                clock,
                clock,
                maxAge,
                Optional.of(used::add),
                executor,
                new Services(PersistenceListener.NOOP)));
  }

  /** A cache that is in use. */
  static CacheFixture watching(CacheConfig config) {
    return watching(new CacheFixture(config));
  }

  static CacheFixture watching(CacheFixture fixture) {
    fixture.read(StateKey.of(AgentId.external("agent"), "demand"), Optional.empty());
    fixture.awaitWatching(true);
    return fixture;
  }

  /** Reads until what is read of the owner can be kept. */
  void awaitCovered(AgentId owner) {
    StateKey key = StateKey.of(owner, "demand");
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(2))
        .until(
            () -> {
              AtomicBoolean plain = new AtomicBoolean();
              var unused =
                  l1.load(
                      key,
                      Optional::empty,
                      () -> {
                        plain.set(true);
                        return Optional.empty();
                      });
              return !plain.get();
            });
  }

  void awaitWatching(boolean watching) {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> stats().watching() == watching);
  }

  CacheStats stats() {
    return l1.stats().orElseThrow();
  }

  /** Loads what the stores are to hold. */
  Optional<Thing> read(StateKey key, Optional<Thing> stored) {
    return l1.load(key, () -> stored, () -> stored);
  }

  Optional<Thing> read(Thing stored) {
    return read(KEY, Optional.of(stored));
  }

  boolean isKept(StateKey key) {
    return l1.find(key) != null;
  }

  boolean isKept() {
    return isKept(KEY);
  }

  /** A write to the bucket of which the cache hears by its watch alone. */
  long publish(StateKey key, Operation operation) {
    return bucket
        .writes()
        .publish(key, operation, new byte[] {'1'}, EntryMetadata.NONE, HotWrites.ANY);
  }

  void awaitDropped(StateKey key) {
    Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(2)).until(() -> !isKept(key));
  }

  @Override
  public void close() {
    faults.clear();
    l1.close();
    opened.close();
    executor.shutdownNow();
  }
}
