package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.nats.NatsStore;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.AdviceStore;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AuditStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import io.mistersmith.persistence.spi.sql.HandledStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.KnowledgeStore;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.MessageStore;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * The real stores with a broken lease, which grants itself to every runtime. Only the
 * compare-and-set of the position keeps them apart.
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
    NatsStore nats =
        NatsStore.connect(
            config, postgres.sql().journals().installation(), new Services(config.listener()));
    return new Opened(nats, postgres, new LeadingSql(postgres.sql()));
  }

  private record Opened(NatsStore hot, PostgresStore postgres, SqlStore sql) implements Stores {

    @Override
    public List<String> notices() {
      return hot.notices();
    }

    @Override
    public void close() {
      hot.close();
      postgres.close();
    }
  }

  private final class LeadingSql implements SqlStore {

    private final SqlStore real;
    private final JournalStore journals;

    LeadingSql(SqlStore real) {
      this.real = real;
      this.journals = new Leading(real.journals());
    }

    @Override
    public LogStore logs() {
      return real.logs();
    }

    @Override
    public SessionStore sessions() {
      return real.sessions();
    }

    @Override
    public JournalStore journals() {
      return journals;
    }

    @Override
    public DataKeyStore dataKeys() {
      return real.dataKeys();
    }

    @Override
    public EntryWriteStore entryWrites() {
      return real.entryWrites();
    }

    @Override
    public HandledStore handled() {
      return real.handled();
    }

    @Override
    public KnowledgeStore knowledge() {
      return real.knowledge();
    }

    @Override
    public AdviceStore advice() {
      return real.advice();
    }

    @Override
    public OutboxStore outbox() {
      return real.outbox();
    }

    @Override
    public UpkeepStore upkeep() {
      return real.upkeep();
    }

    @Override
    public AlertStore alerts() {
      return real.alerts();
    }

    @Override
    public RecoveryStore recovery() {
      return real.recovery();
    }

    @Override
    public AuditStore audit() {
      return real.audit();
    }

    @Override
    public ForgetStore forgetting() {
      return real.forgetting();
    }

    @Override
    public <T> T inTransaction(SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
      return real.inTransaction(options, work);
    }

    @Override
    public <T> T read(SqlOptions options, Function<? super SqlAccess, ? extends T> work) {
      return real.read(options, work);
    }

    @Override
    public OldReads oldReads() {
      return real.oldReads();
    }

    @Override
    public Position position() {
      return real.position();
    }

    @Override
    public void observe(Position position) {
      real.observe(position);
    }

    @Override
    public boolean isCommitted(String correlationId) {
      return real.isCommitted(correlationId);
    }

    @Override
    public boolean isCommitted(SqlOptions unit) {
      return real.isCommitted(unit);
    }

    @Override
    public boolean commitPrepared(String id) {
      return real.commitPrepared(id);
    }

    @Override
    public boolean rollBackPrepared(String id) {
      return real.rollBackPrepared(id);
    }

    @Override
    public Map<String, Duration> prepared() {
      return real.prepared();
    }

    @Override
    public int sweepCommitted(Duration age) {
      return real.sweepCommitted(age);
    }

    @Override
    public AgentStore agents() {
      return real.agents();
    }

    @Override
    public StateStore states() {
      return real.states();
    }

    @Override
    public DeadLetterStore deadLetters() {
      return real.deadLetters();
    }

    @Override
    public CheckpointStore checkpoints() {
      return real.checkpoints();
    }

    @Override
    public LargeValueStore largeValues() {
      return real.largeValues();
    }

    @Override
    public TaskStore tasks() {
      return real.tasks();
    }

    @Override
    public LifecycleEventStore lifecycleEvents() {
      return real.lifecycleEvents();
    }

    @Override
    public MessageStore messages() {
      return real.messages();
    }

    @Override
    public SagaStore sagas() {
      return real.sagas();
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
    public ApplyResult applySingly(
        JournalPosition previous, JournalPosition next, List<StateChange> changes) {
      return journals.applySingly(previous, next, changes);
    }

    @Override
    public UUID installation() {
      return journals.installation();
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
    public boolean wasApplied(String bucket, Revision.OfJournal revision, Instant time) {
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

    @Override
    public JournalPosition startEpochOfRestored(
        JournalPosition observed, long firstSequence, Instant streamCreated, String reason) {
      return journals.startEpochOfRestored(observed, firstSequence, streamCreated, reason);
    }
  }
}
