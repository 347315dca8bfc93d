package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The common part of the contracts about stores. */
public abstract class StoresContract {

  private final Deque<Stores> opened = new ArrayDeque<>();
  private StoresFixture fixture;
  private Stores stores;

  /** For the contracts. */
  @SuppressWarnings("NullAway.Init") // JUnit calls setUp before any test
  StoresContract() {}

  /** A new fixture, called once for each test. */
  protected abstract StoresFixture fixture();

  @BeforeEach
  final void setUp() {
    fixture = fixture();
    stores = open(fixture.config().build());
  }

  @AfterEach
  final void tearDown() {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
    fixture.close();
  }

  /** The stores that this test was given. */
  final Stores stores() {
    return stores;
  }

  /** Opens other stores on the same data, as another runtime would; closed after the test. */
  final Stores open(PersistenceConfig config) {
    Stores more = fixture.provider().open(config);
    opened.push(more);
    return more;
  }

  /** Closes the stores that were opened last. */
  final void closeLast() {
    opened.pop().close();
  }

  final PersistenceConfig.Builder config() {
    return fixture.config();
  }

  final void elapse(Duration time) {
    fixture.elapse(time);
  }

  final void publishRaw(HotBucket bucket, String subject, byte[] value) {
    fixture.publishRaw(bucket, subject, value);
  }

  final boolean limitsBytes() {
    return fixture.limitsBytes();
  }

  final void newInstallation() {
    fixture.newInstallation();
  }

  final void unmark(HotBucket bucket) {
    fixture.unmark(bucket);
  }

  /** The journal of agent state. */
  final HotBucket bucket() {
    return stores.hot().bucket(Bucket.AGENT_STATE);
  }

  /** Publishes and removes entries of agent state. */
  final HotWrites writes() {
    return bucket().writes();
  }
}
