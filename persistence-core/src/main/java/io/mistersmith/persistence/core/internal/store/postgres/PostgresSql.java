package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.KnowledgeStore;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.spi.sql.StateStore;
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
  private final UUID installation;
  private final AgentStore agents;
  private final StateStore states;
  private final LogStore logs;
  private final PostgresJournalStore journals;
  private final DeadLetterStore deadLetters;
  private final CheckpointStore checkpoints;
  private final LifecycleEventStore lifecycleEvents;
  private final LargeValueStore largeValues;
  private final KnowledgeStore knowledge;
  private final SqlAccess reads;
  private final Replicas replicas;
  private final Database analytics;
  private final OldReads oldReads;
  private final Map<PostgresRole, SqlAccess> roles = new EnumMap<>(PostgresRole.class);

  /** The database of a role that has none is that of the callers. */
  PostgresSql(StoreConnections connections, UUID installation) {
    this.connections = connections;
    this.callers = connections.to(PostgresRole.PRIMARY);
    this.analytics = connections.to(PostgresRole.ANALYTICS);
    this.replicas = connections.replicas();
    this.oldReads = OldReads.of(new PostgresAccess(new OldStatements(replicas), installation));
    this.installation = installation;
    this.agents = new PostgresAgentStore(callers);
    this.states = new PostgresStateStore(callers);
    this.logs = new PostgresLogStore(callers);
    this.journals = new PostgresJournalStore(connections.to(PostgresRole.FLUSH), installation);
    this.deadLetters = new PostgresDeadLetterStore(callers);
    this.checkpoints = new PostgresCheckpointStore(callers, installation);
    this.lifecycleEvents = new PostgresLifecycleEventStore(callers);
    this.largeValues = new PostgresLargeValueStore(callers);
    this.knowledge = new PostgresKnowledgeStore(callers);
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
          UnitOpening.send(handle, options, database.session());
          return run(database, handle, options, work);
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
        handle -> run(callers, handle, options, unit -> unit.nested(() -> work.apply(unit))));
  }

  private <T> T run(
      Database database,
      Handle handle,
      SqlOptions options,
      Function<? super SqlUnit, ? extends T> work) {
    UnitStatements statements = new UnitStatements(database, handle, options, options.isReadOnly());
    try {
      T result = work.apply(new PostgresUnit(statements, installation));
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
  public LifecycleEventStore lifecycleEvents() {
    return lifecycleEvents;
  }

  @Override
  public KnowledgeStore knowledge() {
    return knowledge;
  }
}
