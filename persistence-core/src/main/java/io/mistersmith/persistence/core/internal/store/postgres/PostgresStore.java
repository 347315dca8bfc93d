package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.BACKGROUND;
import static io.mistersmith.persistence.model.PostgresRole.FLUSH;
import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.sql.Connection;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * The durable half of the stores: agents, their state and copies of it, the journals and the dead
 * letters in PostgreSQL. Thread-safe. Calls after {@link #close} fail as {@code CLOSED}.
 */
public final class PostgresStore implements AutoCloseable {

  /**
   * Names what every runtime's statements name and a database may lack. A user may have no rights
   * on the schemas of tasks, messages, sessions and knowledge, if it uses none of them.
   */
  private static final String PROBE =
      """
      SELECT r.version, r.published_version, s.epoch, s.deleted_at, s.actor, p.sequence,
             e.first_sequence, l.fencing_token, m.moved_at, d.status, d.subject_escaped,
             d.correlation_id, c.parent_checkpoint_id, v.event_type, i.id, t.attempt, g.kept_with
        FROM agents.installation i, agents.registry r, agents.state s, agents.journal_positions p,
             agents.journal_epochs e, agents.journal_leases l, agents.journal_samples m,
             agents.dead_letters d, agents.checkpoints c, agents.lifecycle_events v,
             agents.committed_transactions t, agents.log_entries g
       LIMIT 0
      """;

  private static final String ENCODING = "SELECT current_setting('server_encoding')";

  private final PoolSet pools;
  private final StoreConnections connections;
  private final PostgresSql sql;
  private final PartitionUpkeep partitions;
  private final PoolResizing resizing;

  private PostgresStore(
      PoolSet pools,
      StoreConnections connections,
      UUID installation,
      PersistenceConfig config,
      RecommendedIndexes indexes,
      Services services) {
    this.pools = pools;
    this.connections = connections;
    this.sql = new PostgresSql(connections, installation, indexes);
    this.partitions =
        new PartitionUpkeep(
            new SqlPartitionMaintenance(connections.to(BACKGROUND)),
            config.postgres().partitionUpkeep(),
            config.clock(),
            services);
    this.resizing = new PoolResizing(pools, services);
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
    return open(config, new Services(config.listener()));
  }

  /** {@link #open(PersistenceConfig)}, whose background service reports to {@code services}. */
  public static PostgresStore open(PersistenceConfig config, Services services) {
    return open(config, services, ApplicationSources.NONE);
  }

  /**
   * {@link #open(PersistenceConfig, Services)}, with data sources of the application for the roles
   * that it names.
   */
  public static PostgresStore open(
      PersistenceConfig config, Services services, ApplicationSources sources) {
    String what = "open " + config.postgres();
    PoolSet pools = PoolSet.open(config.postgres(), sources, config.runtimeName(), services);
    try {
      StoreConnections connections =
          new StoreConnections(pools, config.postgres().maxReplicaLag(), config.clock(), services);
      Database callers = connections.to(PRIMARY);
      checkEncoding(
          what,
          callers.read(what, handle -> handle.createQuery(ENCODING).mapTo(String.class).one()));
      callers.read(what, handle -> handle.createQuery(PROBE).mapToMap().list());
      UUID installation = InstallationIdentity.read(callers, what);
      for (PostgresRole role : List.of(BACKGROUND, FLUSH)) {
        InstallationIdentity.require(installation, connections.to(role), what + " as " + role);
      }
      PostgresStore store =
          new PostgresStore(
              pools,
              connections,
              installation,
              config,
              new RecommendedIndexes(config.postgres(), sources),
              services);
      store.sql.rehearse();
      pools.all().forEach(pool -> pool.slow().begin());
      store.partitions.start();
      store.resizing.start();
      connections.watchReplicas();
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

  /** Returns the agents, their state and copies of it, the journals, the dead letters. */
  public SqlStore sql() {
    return sql;
  }

  /**
   * Runs {@code work} as a part of a transaction that the application began on its connection, and
   * that it commits or rolls back.
   *
   * @throws IllegalStateException when there is no transaction on the connection, or it has less
   *     isolation than is asked for
   */
  public <T> T join(
      Connection connection, SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
    return sql.join(connection, options, work);
  }

  /** Returns the pools of all roles. */
  public Pools pools() {
    return pools;
  }

  /** Returns a sentence for each server that is not connected, or is behind a pooler. */
  public List<String> notices() {
    return pools.notices();
  }

  /** Returns the connections of each role. */
  StoreConnections connections() {
    return connections;
  }

  /** The connections of a role, for tests. */
  DataSource dataSource(PostgresRole role) {
    return pools.of(role).source();
  }

  /** Closes all connections. Calls under way fail. */
  @Override
  public void close() {
    connections.close();
    resizing.close();
    partitions.close();
    pools.close();
  }
}
