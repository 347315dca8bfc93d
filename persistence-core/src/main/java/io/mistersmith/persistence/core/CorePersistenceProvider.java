package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.PersistenceProvider;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.SteadyClock;
import io.mistersmith.persistence.core.internal.monitor.SafeListener;
import io.mistersmith.persistence.core.internal.store.postgres.ApplicationSources;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** Opens this engine; found by {@link java.util.ServiceLoader}. */
public final class CorePersistenceProvider implements PersistenceProvider {

  private static final Duration STOP = Duration.ofSeconds(5);

  /** For the {@code ServiceLoader}. */
  public CorePersistenceProvider() {}

  @Override
  public Persistence open(PersistenceConfig config, Optional<StoreProvider> stores) {
    return open(config, services -> stores.orElseGet(() -> new NatsPostgresProvider(services)));
  }

  /** Opens the engine over the stores of production, with data sources of the application. */
  static Persistence open(PersistenceConfig config, ApplicationSources sources) {
    return open(config, services -> new NatsPostgresProvider(services, sources));
  }

  private static Persistence open(
      PersistenceConfig config, Function<Services, StoreProvider> stores) {
    PersistenceConfig steady = config.toBuilder().clock(SteadyClock.of(config.clock())).build();
    return new ServerWait(config.waitForServers(), new SafeListener(config.listener()))
        .until(() -> openOnce(steady, stores));
  }

  private static Persistence openOnce(
      PersistenceConfig config, Function<Services, StoreProvider> stores) {
    Services services = new Services(config.listener());
    try {
      return open(config, stores.apply(services), services);
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
