package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.StoreProvider;
import java.time.Duration;

/** What a contract about stores runs on. Each test gets a new one, and closes it. */
public interface StoresFixture extends AutoCloseable {

  /** The stores under test. */
  StoreProvider provider();

  /**
   * A configuration under which buckets and tables are empty when this fixture is new. All calls
   * lead to the same data.
   */
  PersistenceConfig.Builder config();

  /** Returns when at least this much time has passed on the clocks of both stores. */
  void elapse(Duration time);

  /** Stores a message in the bucket's stream past the store, as a foreign program would. */
  void publishRaw(HotBucket bucket, String subject, byte[] value);

  /** Gives back what the fixture holds, after all stores that it opened are closed. */
  @Override
  void close();
}
