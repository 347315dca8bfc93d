package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Duration;

/** The stores under the API that a contract tests. Each test gets a new fixture, and closes it. */
public interface PersistenceFixture extends AutoCloseable {

  /** Opens the engine under test; the caller closes it. */
  Persistence open(PersistenceConfig config);

  /** {@link #open(PersistenceConfig)}, with faults between the engine and its stores. */
  Persistence open(PersistenceConfig config, Faults faults);

  /** Opens the stores under the engine; the caller closes them. */
  Stores stores(PersistenceConfig config);

  /**
   * A configuration under which nothing is stored when this fixture is new. All calls lead to the
   * same data, so that a second one that is opened is a second runtime, or the first one restarted.
   */
  PersistenceConfig.Builder config();

  /** Returns when at least this much time has passed on the clocks of the engine and its stores. */
  void elapse(Duration time);

  /**
   * Takes the hot store of this fixture away, or brings it back. Needed by {@link
   * HotOutageContract} alone, for whose fixtures no other test may use the hot store.
   *
   * @throws UnsupportedOperationException when others use the hot store, too
   */
  default void hotOutage(boolean away) {
    throw new UnsupportedOperationException("other tests use this hot store");
  }

  /** Returns how many bytes the stores have of so many bytes of JSON. */
  default int storedBytes(int json) {
    return json;
  }

  /** Gives back what the fixture holds, after everything that it opened is closed. */
  @Override
  void close();
}
