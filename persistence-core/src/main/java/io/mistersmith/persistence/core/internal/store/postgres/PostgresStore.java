package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.pool.PoolSet;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.JournalStore;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import io.mistersmith.persistence.spi.StateStore;
import javax.sql.DataSource;

/**
 * The durable half of the stores: agents, their state and copies of it, the journals and the dead
 * letters in PostgreSQL. Thread-safe. Calls after {@link #close} fail as {@code CLOSED}.
 */
public final class PostgresStore implements AutoCloseable {

  /** Names all that the statements of this package name and a database may lack. */
  private static final String PROBE =
      """
      SELECT r.version, r.published_version, s.epoch, s.deleted_at, p.sequence, e.first_sequence,
             l.fencing_token, m.moved_at, d.status, d.subject_escaped, c.parent_checkpoint_id,
             v.event_type
        FROM agents.registry r, agents.state s, agents.journal_positions p,
             agents.journal_epochs e, agents.journal_leases l, agents.journal_samples m,
             agents.dead_letters d, agents.checkpoints c, agents.lifecycle_events v
       LIMIT 0
      """;

  private static final String ENCODING = "SELECT current_setting('server_encoding')";

  private final PoolSet pools;
  private final Availability availability;
  private final Database callers;
  private final AgentStore agents;
  private final StateStore states;
  private final PostgresJournalStore journals;
  private final DeadLetterStore deadLetters;
  private final CheckpointStore checkpoints;
  private final LifecycleEventStore lifecycleEvents;
  private final PartitionUpkeep partitions;

  private PostgresStore(PoolSet pools, PersistenceConfig config, ServiceHealth health) {
    this.pools = pools;
    this.availability = new Availability(pools, config.clock());
    this.callers = new Database(pools, pools.callers(), availability);
    this.agents = new PostgresAgentStore(callers);
    this.states = new PostgresStateStore(callers);
    this.deadLetters = new PostgresDeadLetterStore(callers);
    this.checkpoints = new PostgresCheckpointStore(callers);
    this.lifecycleEvents = new PostgresLifecycleEventStore(callers);
    this.journals = new PostgresJournalStore(new Database(pools, pools.flush(), availability));
    this.partitions =
        new PartitionUpkeep(
            new SqlPartitionMaintenance(callers),
            config.postgres().partitionUpkeep(),
            config.clock(),
            health);
  }

  /**
   * Connects, looks whether the schema is there, and rehearses a flush. Applies no migrations. From
   * then on maintains the time partitions, as often as configured.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code CONNECTION_FAILED}
   *     (transient) when the server cannot be reached, {@code ACCESS_DENIED} when it refuses the
   *     user, {@code MISCONFIGURED} when the schema is missing
   */
  public static PostgresStore open(PersistenceConfig config) {
    return open(config, new ServiceHealth(config.listener()));
  }

  /** {@link #open(PersistenceConfig)}, whose background service reports to {@code health}. */
  public static PostgresStore open(PersistenceConfig config, ServiceHealth health) {
    String what = "open " + config.postgres();
    PoolSet pools;
    try {
      pools = PoolSet.open(config.postgres(), config.runtimeName());
    } catch (RuntimeException e) {
      throw PostgresFailures.of(what, e);
    }
    try {
      PostgresStore store = new PostgresStore(pools, config, health);
      checkEncoding(
          what,
          store.callers.call(
              what, handle -> handle.createQuery(ENCODING).mapTo(String.class).one()));
      store.callers.call(what, handle -> handle.createQuery(PROBE).mapToMap().list());
      store.journals.rehearse();
      store.partitions.start();
      return store;
    } catch (RuntimeException | Error e) {
      pools.close();
      throw e;
    }
  }

  /** In any other encoding there are keys that neither a row nor a dead letter can hold. */
  private static void checkEncoding(String what, String encoding) {
    if (!encoding.equals("UTF8")) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          what + ": the database's encoding is " + encoding + "; create it with ENCODING 'UTF8'");
    }
  }

  /** The registry of agents. */
  public AgentStore agents() {
    return agents;
  }

  /** The agents' state. */
  public StateStore states() {
    return states;
  }

  /** Positions, epochs, leases, and the transaction that a flush is. */
  public JournalStore journals() {
    return journals;
  }

  /** The entries that PostgreSQL refused. */
  public DeadLetterStore deadLetters() {
    return deadLetters;
  }

  /** Copies of agents' states. */
  public CheckpointStore checkpoints() {
    return checkpoints;
  }

  /** What has happened to agents. */
  public LifecycleEventStore lifecycleEvents() {
    return lifecycleEvents;
  }

  /** The callers' pool, for migrations and monitoring; this store closes it. */
  public DataSource dataSource() {
    return pools.callers();
  }

  /** Closes all connections. Calls under way fail. */
  @Override
  public void close() {
    availability.close();
    partitions.close();
    pools.close();
  }
}
