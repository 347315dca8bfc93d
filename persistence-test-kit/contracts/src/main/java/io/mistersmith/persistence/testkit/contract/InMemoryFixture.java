package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.Arrays;

/** Runs a contract over in-memory stores with a clock that only {@link #elapse} moves. */
public final class InMemoryFixture implements StoresFixture, ReplicaReadsContract.Fixture {

  private final InMemoryStores stores = new InMemoryStores();
  private final ManualClock clock = ManualClock.create();

  /** Empty stores. */
  public InMemoryFixture() {}

  /** Empty stores with optional sets of migrations. */
  public static InMemoryFixture withSets(String... sets) {
    InMemoryFixture fixture = new InMemoryFixture();
    fixture.stores.migrate(sets);
    return fixture;
  }

  @Override
  public StoreProvider provider() {
    return stores;
  }

  @Override
  public Persistence open(PersistenceConfig config) {
    return Persistence.open(config, stores);
  }

  @Override
  public Persistence open(PersistenceConfig config, Faults faults) {
    return Persistence.open(config, new FaultyStores(stores, faults));
  }

  @Override
  public Stores stores(PersistenceConfig config) {
    return stores.open(config);
  }

  @Override
  public PersistenceConfig.Builder config() {
    return PersistenceConfig.inMemory().clock(clock);
  }

  @Override
  public void hotOutage(boolean away) {
    stores.hotOutage(away);
  }

  @Override
  public void elapse(Duration time) {
    clock.advance(time);
  }

  @Override
  public void publishRaw(HotBucket bucket, String subject, byte[] value) {
    stores.publishRaw(which(bucket), subject, value);
  }

  private static Bucket which(HotBucket bucket) {
    return Arrays.stream(Bucket.values())
        .filter(candidate -> bucket.name().endsWith(candidate.name()))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void pauseReplica() {
    stores.pauseReplica();
  }

  @Override
  public void resumeReplica() {
    stores.resumeReplica();
  }

  @Override
  public void newInstallation() {
    stores.newInstallation();
  }

  @Override
  public void unmark(HotBucket bucket) {
    stores.forgetInstallation(which(bucket));
  }

  @Override
  public void close() {
    // The garbage collector takes what is in memory.
  }
}
