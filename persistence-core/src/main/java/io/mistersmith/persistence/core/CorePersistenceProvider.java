package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.PersistenceProvider;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.SteadyClock;
import io.mistersmith.persistence.core.internal.monitor.SafeListener;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import java.time.Duration;
import java.util.Optional;

/** Opens this engine; found by {@link java.util.ServiceLoader}. */
public final class CorePersistenceProvider implements PersistenceProvider {

  private static final Duration STOP = Duration.ofSeconds(5);

  @Override
  public Persistence open(PersistenceConfig config, Optional<StoreProvider> stores) {
    PersistenceConfig steady = config.toBuilder().clock(SteadyClock.of(config.clock())).build();
    return new ServerWait(config.waitForServers(), new SafeListener(config.listener()))
        .until(() -> openOnce(steady, stores));
  }

  private static Persistence openOnce(PersistenceConfig config, Optional<StoreProvider> stores) {
    Services services = new Services(config.listener());
    try {
      return open(config, stores.orElseGet(() -> new NatsPostgresProvider(services)), services);
    } catch (RuntimeException | Error e) {
      boolean unused = services.close(STOP);
      throw e;
    }
  }

  private static Persistence open(
      PersistenceConfig config, StoreProvider stores, Services services) {
    Stores opened = stores.open(config);
    try {
      return new CorePersistence(config, opened, services);
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }
}
