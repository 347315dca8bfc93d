package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.postgres.ApplicationSources;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.StoreProvider;

/** Hands the stores of production to tests that put faults in front of them. */
public final class RealStores {

  private RealStores() {}

  /** NATS and PostgreSQL. */
  public static StoreProvider provider() {
    return provider(ApplicationSources.NONE);
  }

  /** NATS and PostgreSQL, with an application's data sources for some roles. */
  static StoreProvider provider(ApplicationSources sources) {
    return new NatsPostgresProvider(new Services(PersistenceListener.NOOP), sources);
  }
}
