package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
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
import io.mistersmith.persistence.spi.sql.JournalStore;
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
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.sql.Connection;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/**
 * Runs units of work on the callers' pool. Only the calls of the journal store outside a unit use
 * the flush's pool. Thread-safe.
 */
final class PostgresSql implements SqlStore {

  private final StoreConnections connections;
  private final Database callers;
  private final PreparedUnits prepared;
  private final UUID installation;
  private final AgentStore agents;
  private final StateStore states;
  private final LogStore logs;
  private final SessionStore sessions;
  private final PostgresJournalStore journals;
  private final DeadLetterStore deadLetters;
  private final CheckpointStore checkpoints;
  private final LifecycleEventStore lifecycleEvents;
  private final LargeValueStore largeValues;
  private final MessageStore messages;
  private final TaskStore tasks;
  private final HandledStore handled;
  private final EntryWriteStore entryWrites;
  private final DataKeyStore dataKeys;
  private final KnowledgeStore knowledge;
  private final SagaStore sagas;
  private final OutboxStore outbox;
  private final UpkeepStore upkeep;
  private final RecoveryStore recovery;
  private final AuditStore audit;
  private final AlertStore alerts;
  private final AdviceStore advice;
  private final ForgetStore forgetting;
  private final SqlAccess reads;
  private final Replicas replicas;
  private final Database analytics;
  private final OldReads oldReads;
  private final Map<PostgresRole, SqlAccess> roles = new EnumMap<>(PostgresRole.class);

  /** The database of a role that has none is that of the callers. */
  PostgresSql(StoreConnections connections, UUID installation, RecommendedIndexes indexes) {
    this.connections = connections;
    this.callers = connections.to(PostgresRole.PRIMARY);
    this.analytics = connections.to(PostgresRole.ANALYTICS);
    this.replicas = connections.replicas();
    this.oldReads = OldReads.of(new PostgresAccess(new OldStatements(replicas), installation));
    this.installation = installation;
    this.prepared = new PreparedUnits(callers);
    this.agents = new PostgresAgentStore(callers);
    this.states = new PostgresStateStore(callers);
    this.logs = new PostgresLogStore(callers);
    this.sessions = new PostgresSessionStore(callers);
    this.journals = new PostgresJournalStore(connections.to(PostgresRole.FLUSH), installation);
    this.deadLetters = new PostgresDeadLetterStore(callers);
    this.checkpoints = new PostgresCheckpointStore(callers, installation);
    this.lifecycleEvents = new PostgresLifecycleEventStore(callers);
    this.largeValues = new PostgresLargeValueStore(callers);
    this.messages = new PostgresMessageStore(callers);
    this.tasks = new PostgresTaskStore(callers);
    this.handled = new PostgresHandledStore(callers);
    this.entryWrites = new PostgresEntryWriteStore(callers);
    this.dataKeys = new PostgresDataKeyStore(callers);
    this.knowledge = new PostgresKnowledgeStore(callers);
    this.sagas = new PostgresSagaStore(callers);
    this.outbox = new PostgresOutboxStore(callers);
    this.upkeep = new PostgresUpkeepStore(callers);
    this.recovery = new PostgresRecoveryStore(callers);
    this.audit = new PostgresAuditStore(callers);
    this.alerts = new PostgresAlertStore(callers);
    this.advice = new PostgresAdviceStore(callers, indexes);
    this.forgetting = new PostgresForgetStore(callers);
    this.reads = new PostgresAccess(new ReadStatements(callers), installation);
    for (PostgresRole role : List.of(PostgresRole.FLUSH, PostgresRole.BACKGROUND)) {
      roles.put(role, new PostgresAccess(connections.to(role), installation));
    }
  }

  @Override
  public SqlAccess on(PostgresRole role) {
    if (role == PostgresRole.REPLICA || role == PostgresRole.ANALYTICS) {
      throw new IllegalArgumentException(
          "the servers of " + role + " may be old; use oldReads, or SqlOptions.withReadsFrom");
    }
    return roles.getOrDefault(role, this);
  }

  @Override
  public void onReconnect(Runnable action) {
    connections.onAnswer(action);
  }

  @Override
  public void onPrimaryChange(Consumer<PrimaryChange> listener) {
    callers.primaries().onPromotion(listener);
  }

  @Override
  public OldReads oldReads() {
    return oldReads;
  }

  @Override
  public Position position() {
    return replicas.primaryPosition().position();
  }

  @Override
  public void observe(Position position) {
    replicas.observe(WalPosition.of(position));
  }

  @Override
  public <T> T inTransaction(SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    return switch (options.role()) {
      case REPLICA -> replicas.read(database -> unit(database, options, work));
      case ANALYTICS -> unit(analytics, options, work);
      default -> unit(callers, options, work);
    };
  }

  private <T> T unit(
      Database database, SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    return database.unit(
        options,
        handle -> {
          long began = System.nanoTime();
          UnitOpening.send(handle, options, database.session(), database.statementTimeout());
          return run(database, handle, options, began, false, work);
        });
  }

  @Override
  public <T> T read(SqlOptions options, Function<? super SqlAccess, ? extends T> work) {
    if (options.isolation() == Isolation.READ_COMMITTED) {
      return work.apply(reads);
    }
    return inTransaction(options.withReadOnly(), work);
  }

  /**
   * Runs {@code work} in a transaction of the application, after a savepoint that is rolled back
   * when it throws.
   */
  <T> T join(
      Connection connection, SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    return callers.join(
        options,
        connection,
        handle -> {
          ActorSettings.tell(handle);
          return run(callers, handle, options, System.nanoTime(), true, work);
        });
  }

  private <T> T run(
      Database database,
      Handle handle,
      SqlOptions options,
      long began,
      boolean joined,
      Function<? super SqlUnit, ? extends T> work) {
    UnitStatements statements =
        new UnitStatements(database, handle, options, options.isReadOnly(), began);
    SqlUnit unit = new PostgresUnit(statements, installation);
    try {
      T result =
          joined
              ? statements.nested(() -> statements.written(work.apply(unit)))
              : statements.written(work.apply(unit));
      statements.requireCommittable();
      return result;
    } catch (PersistenceException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new ThrownByWorkException(e);
    } finally {
      statements.end();
    }
  }

  @Override
  public boolean isCommitted(String correlationId) {
    String what = "outcome of transaction " + correlationId;
    return callers.undone(what, handle -> CommittedUnits.isTaken(handle, correlationId));
  }

  @Override
  public boolean isCommitted(SqlOptions unit) {
    String id = unit.correlationId().orElseThrow();
    UUID attempt = unit.attempt().orElseThrow();
    return callers.undone(
        "outcome of transaction " + id,
        handle -> {
          unit.deadline()
              .filter(deadline -> deadline.compareTo(callers.statementTimeout()) < 0)
              .ifPresent(deadline -> UnitStatements.limit(handle, deadline));
          if (!CommittedUnits.isTaken(handle, id)) {
            return false;
          }
          if (!CommittedUnits.isBy(handle, id, attempt)) {
            throw new NonTransientPersistenceException(
                DataError.DUPLICATE_KEY,
                unit.what()
                    + ": another transaction with the correlation id "
                    + id
                    + " was committed; nothing of this one was applied");
          }
          return true;
        });
  }

  @Override
  public boolean commitPrepared(String id) {
    return prepared.commit(id);
  }

  @Override
  public boolean rollBackPrepared(String id) {
    return prepared.rollBack(id);
  }

  @Override
  public Map<String, Duration> prepared() {
    return prepared.all();
  }

  @Override
  public int sweepCommitted(Duration age) {
    return callers.write(
        "sweep the outcomes of transactions", handle -> CommittedUnits.sweep(handle, age));
  }

  /** Does all that a flush does, for no bucket and with no rows. */
  void rehearse() {
    journals.rehearse();
  }

  @Override
  public AgentStore agents() {
    return agents;
  }

  @Override
  public StateStore states() {
    return states;
  }

  @Override
  public LogStore logs() {
    return logs;
  }

  @Override
  public SessionStore sessions() {
    return sessions;
  }

  @Override
  public JournalStore journals() {
    return journals;
  }

  @Override
  public DeadLetterStore deadLetters() {
    return deadLetters;
  }

  @Override
  public CheckpointStore checkpoints() {
    return checkpoints;
  }

  @Override
  public LargeValueStore largeValues() {
    return largeValues;
  }

  @Override
  public TaskStore tasks() {
    return tasks;
  }

  @Override
  public LifecycleEventStore lifecycleEvents() {
    return lifecycleEvents;
  }

  @Override
  public MessageStore messages() {
    return messages;
  }

  @Override
  public DataKeyStore dataKeys() {
    return dataKeys;
  }

  @Override
  public EntryWriteStore entryWrites() {
    return entryWrites;
  }

  @Override
  public HandledStore handled() {
    return handled;
  }

  @Override
  public KnowledgeStore knowledge() {
    return knowledge;
  }

  @Override
  public SagaStore sagas() {
    return sagas;
  }

  @Override
  public AdviceStore advice() {
    return advice;
  }

  @Override
  public OutboxStore outbox() {
    return outbox;
  }

  @Override
  public RecoveryStore recovery() {
    return recovery;
  }

  @Override
  public AuditStore audit() {
    return audit;
  }

  @Override
  public UpkeepStore upkeep() {
    return upkeep;
  }

  @Override
  public AlertStore alerts() {
    return alerts;
  }

  @Override
  public ForgetStore forgetting() {
    return forgetting;
  }
}
