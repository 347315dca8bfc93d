package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.core.internal.guard.StoreCall.Repeat;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The durable store, guarded role by role. A unit of work is one call, and is repeated by its
 * transaction, which knows whether it may have been committed.
 */
final class GuardedSql extends GuardedAccess implements SqlStore {

  static final String STORE = "postgresql";
  private static final StoreCall UNIT = new StoreCall("SqlStore.inTransaction", Repeat.NEVER);
  private static final StoreCall READ = new StoreCall("SqlStore.read", Repeat.NEVER);
  private static final StoreCall OLD_READ = new StoreCall("SqlStore.oldReads", Repeat.READ);
  private static final StoreCall POSITION = new StoreCall("SqlStore.position", Repeat.READ);
  private static final StoreCall SWEEP = new StoreCall("SqlStore.sweepCommitted", Repeat.SQL_WRITE);

  private final SqlStore real;
  private final Guard guard;
  private final GuardedRole callers;

  /** What replicas answer says nothing of the primary, and goes on while that is away. */
  private final GuardedRole oldReads;

  private final Duration limit;
  private final Map<PostgresRole, SqlAccess> roles = new ConcurrentHashMap<>();
  private final Map<PostgresRole, GuardedRole> units = new ConcurrentHashMap<>();

  private GuardedSql(
      SqlStore real, Guard guard, GuardedRole callers, Duration limit, boolean replicas) {
    super(real, callers);
    this.real = real;
    this.guard = guard;
    this.callers = callers;
    this.limit = limit;
    this.oldReads = replicas ? unit(PostgresRole.REPLICA) : callers;
    real.onReconnect(() -> guard.back(STORE));
    real.onPrimaryChange(promoted -> guard.back(STORE));
  }

  static GuardedSql of(SqlStore real, Guard guard, Duration limit, boolean replicas) {
    return new GuardedSql(real, guard, role(guard, PostgresRole.PRIMARY, limit), limit, replicas);
  }

  private static GuardedRole role(Guard guard, PostgresRole role, Duration limit) {
    return new GuardedRole(guard, guard.circuit(STORE, role.name()), limit, () -> false);
  }

  @Override
  public SqlAccess on(PostgresRole role) {
    return switch (role) {
      case PRIMARY -> this;
      case FLUSH -> real.on(role);
      default ->
          roles.computeIfAbsent(
              role, missing -> new GuardedAccess(real.on(role), role(guard, role, limit)));
    };
  }

  @Override
  public <T> T inTransaction(SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    return unit(options.role())
        .unit(
            UNIT,
            begins ->
                real.inTransaction(
                    options,
                    unit -> {
                      begins.run();
                      return work.apply(unit);
                    }));
  }

  private GuardedRole unit(PostgresRole role) {
    return role == PostgresRole.PRIMARY
        ? callers
        : units.computeIfAbsent(role, missing -> role(guard, role, limit));
  }

  @Override
  public <T> T read(SqlOptions options, Function<? super SqlAccess, ? extends T> work) {
    return callers.unit(
        READ,
        begins ->
            real.read(
                options,
                access -> {
                  if (options.isolation() != Isolation.READ_COMMITTED) {
                    begins.run(); // else nothing was asked yet
                  }
                  return work.apply(access);
                }));
  }

  /** Past the guard: a transaction asks until its timeout, and must not miss the first answer. */
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
    return callers.run(SWEEP, () -> real.sweepCommitted(age));
  }

  @Override
  public OldReads oldReads() {
    OldReads reads = real.oldReads();
    return new OldReads() {
      @Override
      public List<Checkpoint> checkpoints(AgentId agent) {
        return oldReads.run(OLD_READ, () -> reads.checkpoints(agent));
      }

      @Override
      public List<LifecycleEvent> lifecycleEvents(
          AgentId agent, Optional<Instant> since, int limit) {
        return oldReads.run(OLD_READ, () -> reads.lifecycleEvents(agent, since, limit));
      }

      @Override
      public Optional<Checkpoint> checkpoint(AgentId agent, String name) {
        return oldReads.run(OLD_READ, () -> reads.checkpoint(agent, name));
      }

      @Override
      public List<LifecycleEvent> lifecycleEvents(EventQuery query) {
        return oldReads.run(OLD_READ, () -> reads.lifecycleEvents(query));
      }

      @Override
      public List<StoredAgent> agents(AgentQuery query) {
        return oldReads.run(OLD_READ, () -> reads.agents(query));
      }
    };
  }

  @Override
  public Position position() {
    return callers.run(POSITION, real::position);
  }

  @Override
  public void observe(Position position) {
    real.observe(position);
  }

  @Override
  public void onReconnect(Runnable action) {
    real.onReconnect(action);
  }

  @Override
  public void onPrimaryChange(Consumer<PrimaryChange> listener) {
    real.onPrimaryChange(listener);
  }
}
