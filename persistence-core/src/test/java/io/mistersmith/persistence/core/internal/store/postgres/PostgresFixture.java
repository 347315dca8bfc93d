package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalStore;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/** The durable half of the stores alone, on a database that is emptied for each test. */
final class PostgresFixture implements StoresFixture {

  private static final PostgresDatabase DATABASE = PostgresDatabase.create();

  PostgresFixture() {
    DATABASE.execute(
        """
        DELETE FROM agents.registry;
        TRUNCATE agents.state, agents.journal_epochs, agents.journal_positions,
                 agents.journal_leases, agents.journal_samples, agents.dead_letters;
        ALTER SEQUENCE agents.journal_epoch_numbers RESTART
        """);
  }

  @Override
  public StoreProvider provider() {
    return config -> new DurableOnly(PostgresStore.open(config));
  }

  @Override
  public PersistenceConfig.Builder config() {
    return PersistenceConfig.builder(
        NatsConfig.of("nats://unused.invalid"), DATABASE.config().withConnections(1, 6));
  }

  @Override
  public void elapse(Duration time) {
    Awaitility.await().pollDelay(time).atMost(time.plusSeconds(10)).until(() -> true);
  }

  @Override
  public void publishRaw(HotBucket bucket, String subject, byte[] value) {
    throw new AssertionError("these contracts need no bucket");
  }

  @Override
  public void close() {
    // The database is kept for the next test, the server ends with the JVM.
  }

  private record DurableOnly(PostgresStore store) implements Stores {

    @Override
    public HotBucket bucket(Bucket bucket) {
      throw new AssertionError("these contracts need no bucket");
    }

    @Override
    public AgentStore agents() {
      return store.agents();
    }

    @Override
    public StateStore states() {
      return store.states();
    }

    @Override
    public JournalStore journals() {
      return store.journals();
    }

    @Override
    public DeadLetterStore deadLetters() {
      return store.deadLetters();
    }

    @Override
    public CheckpointStore checkpoints() {
      return store.checkpoints();
    }

    @Override
    public LifecycleEventStore lifecycleEvents() {
      return store.lifecycleEvents();
    }

    @Override
    public void onReconnect(Runnable action) {
      // There is no hot store to lose.
    }

    @Override
    public Clock clock() {
      throw new AssertionError("these contracts need no bucket");
    }

    @Override
    public List<String> notices() {
      return List.of();
    }

    @Override
    public void close() {
      store.close();
    }
  }
}
