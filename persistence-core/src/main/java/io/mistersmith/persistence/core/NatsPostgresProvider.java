package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.pool.SchemaMigration;
import io.mistersmith.persistence.core.internal.store.nats.NatsStore;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalStore;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import java.time.Clock;
import java.util.List;

/** The stores of production: NATS JetStream KV and PostgreSQL. */
final class NatsPostgresProvider implements StoreProvider {

  private final ServiceHealth health;

  /** The background services of its stores report to {@code health}. */
  NatsPostgresProvider(ServiceHealth health) {
    this.health = health;
  }

  @Override
  public Stores open(PersistenceConfig config) {
    if (config.postgres().migrateOnOpen()) {
      SchemaMigration.apply(config.postgres());
    }
    PostgresStore postgres = PostgresStore.open(config, health);
    try {
      return new Opened(NatsStore.connect(config, health), postgres);
    } catch (RuntimeException | Error e) {
      postgres.close();
      throw e;
    }
  }

  private record Opened(NatsStore nats, PostgresStore postgres) implements Stores {

    @Override
    public HotBucket bucket(Bucket bucket) {
      return nats.bucket(bucket);
    }

    @Override
    public AgentStore agents() {
      return postgres.agents();
    }

    @Override
    public StateStore states() {
      return postgres.states();
    }

    @Override
    public JournalStore journals() {
      return postgres.journals();
    }

    @Override
    public DeadLetterStore deadLetters() {
      return postgres.deadLetters();
    }

    @Override
    public CheckpointStore checkpoints() {
      return postgres.checkpoints();
    }

    @Override
    public LifecycleEventStore lifecycleEvents() {
      return postgres.lifecycleEvents();
    }

    @Override
    public void onReconnect(Runnable action) {
      nats.onReconnect(action);
    }

    @Override
    public Clock clock() {
      return nats.clock();
    }

    @Override
    public List<String> notices() {
      return nats.notices();
    }

    @Override
    public void close() {
      nats.close();
      postgres.close();
    }
  }
}
