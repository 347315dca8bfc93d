package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.store.nats.NatsStore;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.ApplyResult;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalStore;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import io.mistersmith.persistence.spi.StateChange;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The real stores with a broken lease: every runtime is told that it leads. What is left to keep
 * them apart is the position's compare-and-set.
 */
final class AlwaysLeading implements StoreProvider {

  private final AtomicLong applied = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final Runnable beforeApply;

  /** Runs {@code beforeApply} on the flush's thread with a batch in hand. */
  AlwaysLeading(Runnable beforeApply) {
    this.beforeApply = beforeApply;
  }

  /** How many batches were applied. */
  long applied() {
    return applied.get();
  }

  /** How many batches came too late. */
  long refused() {
    return refused.get();
  }

  @Override
  public Stores open(PersistenceConfig config) {
    PostgresStore postgres = PostgresStore.open(config);
    return new Opened(NatsStore.connect(config), postgres, new Leading(postgres.journals()));
  }

  private record Opened(NatsStore nats, PostgresStore postgres, JournalStore journals)
      implements Stores {

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

  private final class Leading implements JournalStore {

    private final JournalStore journals;

    Leading(JournalStore journals) {
      this.journals = journals;
    }

    @Override
    public boolean acquireLease(String bucket, String holder, Duration duration) {
      return true;
    }

    @Override
    public void releaseLease(String bucket, String holder) {
      journals.releaseLease(bucket, holder);
    }

    @Override
    public ApplyResult apply(
        JournalPosition previous, JournalPosition next, List<StateChange> changes) {
      beforeApply.run();
      ApplyResult result = journals.apply(previous, next, changes);
      (result instanceof ApplyResult.Applied ? applied : refused).incrementAndGet();
      return result;
    }

    @Override
    public Optional<JournalPosition> position(String bucket) {
      return journals.position(bucket);
    }

    @Override
    public long appliedFor(JournalPosition observed, Duration age) {
      return journals.appliedFor(observed, age);
    }

    @Override
    public boolean wasApplied(String bucket, Revision revision, Instant time) {
      return journals.wasApplied(bucket, revision, time);
    }

    @Override
    public JournalPosition startEpoch(
        String bucket,
        Optional<JournalPosition> observed,
        long firstSequence,
        Instant streamCreated,
        String reason) {
      return journals.startEpoch(bucket, observed, firstSequence, streamCreated, reason);
    }
  }
}
