package io.mistersmith.persistence.testkit.junit;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The stores, clock and engine of one test; the engine is opened when the test first asks for it.
 */
final class Workbench {

  private static final long SEED = 42;
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  private final LeakChecker leaks = LeakChecker.start();
  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(SEED);
  private final UnaryOperator<PersistenceConfig.Builder> settings;
  private final BiFunction<PersistenceConfig, StoreProvider, Persistence> engine;
  private @Nullable Persistence persistence;

  Workbench(
      UnaryOperator<PersistenceConfig.Builder> settings,
      BiFunction<PersistenceConfig, StoreProvider, Persistence> engine) {
    this.settings = settings;
    this.engine = engine;
  }

  Object give(Class<?> type) {
    if (type == ManualClock.class) {
      return clock;
    }
    if (type == InMemoryStores.class) {
      return stores;
    }
    return type == Faults.class ? faults : persistence();
  }

  private Persistence persistence() {
    Persistence open = persistence;
    if (open == null) {
      PersistenceConfig config = settings.apply(PersistenceConfig.inMemory().clock(clock)).build();
      open = engine.apply(config, new FaultyStores(stores, faults));
      persistence = open;
    }
    return open;
  }

  /** Ends the faults, closes the engine, and fails when it left threads behind. */
  void close() {
    faults.clear();
    if (persistence != null) {
      persistence.close(DEADLINE);
    }
    leaks.assertNoLeaks(DEADLINE);
  }
}
