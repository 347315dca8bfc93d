package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import java.time.Duration;

/** The stores that a contract tests. Each test gets a new fixture, and closes it. */
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

  /**
   * Gives the durable store another identity, as the owner of a copied database does. Stores that
   * are opened from now on are another installation's.
   */
  void newInstallation();

  /**
   * Takes the installation's identity off the bucket, as an operator can with the server's tools.
   */
  void unmark(HotBucket bucket);

  /**
   * Whether a bucket keeps a limit of bytes. The library sets none on servers that drop the oldest
   * entries of a full bucket.
   */
  default boolean limitsBytes() {
    return true;
  }

  /** Gives back what the fixture holds, after all stores that it opened are closed. */
  @Override
  void close();
}
