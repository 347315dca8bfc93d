package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;

/**
 * Puts faults between an engine and any stores. All that is opened on it shares one {@link Faults};
 * for faults that only one runtime sees, open each on a {@code FaultyStores} of its own over the
 * same provider. Thread-safe.
 */
public final class FaultyStores implements StoreProvider {

  private final StoreProvider real;
  private final Faults faults;

  /** Decorates a provider. */
  public FaultyStores(StoreProvider real, Faults faults) {
    this.real = real;
    this.faults = faults;
  }

  /** The switchboard. */
  public Faults faults() {
    return faults;
  }

  @Override
  public Stores open(PersistenceConfig config) {
    return new FaultyOpened(real.open(config), faults);
  }
}
