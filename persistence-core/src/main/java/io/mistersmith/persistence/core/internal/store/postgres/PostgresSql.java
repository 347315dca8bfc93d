package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.spi.sql.StateStore;
import java.sql.Connection;
import java.time.Duration;
import java.util.EnumMap;
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

  private final Database callers;
  private final UUID installation;
  private final PrimaryMonitor primaries;
  private final AgentStore agents;
  private final StateStore states;
  private final PostgresJournalStore journals;
  private final DeadLetterStore deadLetters;
  private final CheckpointStore checkpoints;
  private final LifecycleEventStore lifecycleEvents;
  private final SqlAccess reads;
  private final Map<PostgresRole, SqlAccess> roles = new EnumMap<>(PostgresRole.class);

  /** The database of a role that has none is that of the callers. */
  PostgresSql(
      Database callers,
      Database flush,
      Map<PostgresRole, Database> databases,
      UUID installation,
      PrimaryMonitor primaries) {
    this.callers = callers;
    this.primaries = primaries;
    this.installation = installation;
    this.agents = new PostgresAgentStore(callers);
    this.states = new PostgresStateStore(callers);
    this.journals = new PostgresJournalStore(flush, installation);
    this.deadLetters = new PostgresDeadLetterStore(callers);
    this.checkpoints = new PostgresCheckpointStore(callers, installation);
    this.lifecycleEvents = new PostgresLifecycleEventStore(callers);
    this.reads = new PostgresAccess(new ReadStatements(callers), installation);
    databases.forEach(
        (role, database) -> roles.put(role, new PostgresAccess(database, installation)));
  }

  @Override
  public SqlAccess on(PostgresRole role) {
    return roles.getOrDefault(role, this);
  }

  @Override
  public void onPrimaryChange(Consumer<PrimaryChange> listener) {
    primaries.onPromotion(listener);
  }

  @Override
  public <T> T inTransaction(SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    return callers.unit(
        options,
        handle -> {
          UnitOpening.send(handle, options);
          return run(handle, options, work);
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
        handle -> run(handle, options, unit -> unit.nested(() -> work.apply(unit))));
  }

  private <T> T run(
      Handle handle, SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    UnitStatements statements = new UnitStatements(callers, handle, options, options.isReadOnly());
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
  public LifecycleEventStore lifecycleEvents() {
    return lifecycleEvents;
  }
}
