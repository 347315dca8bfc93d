package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** The durable half of the stores alone, on a database that is emptied for each test. */
final class PostgresFixture implements StoresFixture {

  private static final PostgresDatabase DATABASE = PostgresDatabase.create();

  /** Made by the first that needs it. */
  private static final class Searched {
    static final PostgresDatabase DATABASE = PostgresDatabase.create("state_search");
  }

  /** Made by the first that needs it. */
  private static final class Noted {
    static final PostgresDatabase DATABASE = PostgresDatabase.create("events");
  }

  /** Made by the first that needs it. */
  private static final class Monitored {
    static final PostgresDatabase DATABASE = PostgresDatabase.create("monitoring");
  }

  /** Made by the first that needs it. */
  private static final class Audited {
    static final PostgresDatabase DATABASE = PostgresDatabase.create("audit");
  }

  /** Made by the first that needs it. */
  private static final class Recovering {
    static final PostgresDatabase DATABASE = PostgresDatabase.create("recovery");
  }

  /** Puts the outbox back to what it is after its scripts. */
  static final String EMPTY_OUTBOX =
      """
      TRUNCATE events.outbox, events.ticks, events.positions;
      ALTER SEQUENCE events.event_ids RESTART;
      INSERT INTO events.ticks
             (tick, segment, xid, snapshot, before_id, low_id, first_id, last_id, server)
      VALUES (0, 0, '1', '1:1:', 0, 0, 0, 0, events.server());
      INSERT INTO events.positions (tick, segment) VALUES (0, 0)
      """;

  private final PostgresDatabase database;
  private final UnaryOperator<PostgresConfig> way;
  private final ApplicationSources sources;

  /** A fixture whose stores use a pool that the next tests use too. */
  PostgresFixture() {
    this(DATABASE);
  }

  private PostgresFixture(PostgresDatabase database) {
    this(database, UnaryOperator.identity(), database.keptPool());
  }

  /** For contracts of what pools of the store's own do. */
  static PostgresFixture withOwnPools() {
    return new PostgresFixture(UnaryOperator.identity());
  }

  /**
   * A fixture whose stores reach the database in another way, on pools of their own.
   *
   * @param way changes the configuration that leads to it directly
   */
  PostgresFixture(UnaryOperator<PostgresConfig> way) {
    this(DATABASE, way, ApplicationSources.NONE);
  }

  /** A fixture whose stores take the data sources of an application. */
  static PostgresFixture on(ApplicationSources sources) {
    return new PostgresFixture(DATABASE, UnaryOperator.identity(), sources);
  }

  /** A fixture whose database has the set {@code state_search}. */
  static PostgresFixture searched() {
    return new PostgresFixture(Searched.DATABASE);
  }

  /** A fixture whose database has the set {@code events}, with an empty outbox. */
  static PostgresFixture withEvents() {
    PostgresFixture fixture = new PostgresFixture(Noted.DATABASE);
    Noted.DATABASE.execute(EMPTY_OUTBOX);
    return fixture;
  }

  /** A fixture whose database has the set {@code monitoring}, without any threshold. */
  static PostgresFixture monitored() {
    PostgresFixture fixture = new PostgresFixture(Monitored.DATABASE);
    Monitored.DATABASE.execute(
        """
        DELETE FROM monitoring.alert_thresholds;
        TRUNCATE monitoring.alert_states, monitoring.alert_notices, monitoring.jobs,
                 monitoring.job_runs, monitoring.capacity_samples, monitoring.database_samples,
                 monitoring.query_plans
        """);
    return fixture;
  }

  /** A fixture whose database has the set {@code audit}, with an empty log. */
  static PostgresFixture audited() {
    PostgresFixture fixture = new PostgresFixture(Audited.DATABASE);
    Audited.DATABASE.execute("DELETE FROM audit.change_log");
    return fixture;
  }

  /** A fixture whose database has the set {@code recovery}, and knows of no backup. */
  static PostgresFixture recovering() {
    PostgresFixture fixture = new PostgresFixture(Recovering.DATABASE);
    Recovering.DATABASE.execute("TRUNCATE recovery.backups, recovery.test_results");
    return fixture;
  }

  /** Runs statements past the stores. */
  void execute(String sql) {
    database.execute(sql);
  }

  /** The first column of what a query answers. */
  List<String> query(String sql) {
    return database.query(sql);
  }

  private PostgresFixture(
      PostgresDatabase database, UnaryOperator<PostgresConfig> way, ApplicationSources sources) {
    this.database = database;
    this.way = way;
    this.sources = sources;
    database.execute(
        """
        DELETE FROM tasks.queue;
        DELETE FROM tasks.ready;
        DELETE FROM tasks.leases;
        DELETE FROM tasks.timers;
        DELETE FROM tasks.archive;
        TRUNCATE sagas.runs, sagas.log, sagas.open;
        DELETE FROM agents.registry;
        TRUNCATE agents.state, agents.journal_epochs, agents.journal_positions,
                 agents.journal_leases, agents.journal_samples, agents.dead_letters,
                 sagas.entry_writes, agents.data_keys, agents.forgotten;
        ALTER SEQUENCE agents.journal_epoch_numbers RESTART
        """);
  }

  /** The configuration that leads to the database of all fixtures. */
  static PostgresConfig direct() {
    return DATABASE.config();
  }

  @Override
  public StoreProvider provider() {
    return config ->
        new DurableOnly(PostgresStore.open(config, new Services(config.listener()), sources));
  }

  @Override
  public PersistenceConfig.Builder config() {
    return PersistenceConfig.builder(
        NatsConfig.of("nats://unused.invalid"),
        way.apply(database.config().toBuilder().connections(1, 4).build()));
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
  public void newInstallation() {
    database.execute("SELECT agents.new_installation()");
  }

  @Override
  public void unmark(HotBucket bucket) {
    throw new AssertionError("these contracts need no bucket");
  }

  @Override
  public void close() {
    // The database is kept for the next test, the server ends with the JVM.
  }

  private record DurableOnly(PostgresStore store) implements Stores {

    @Override
    public HotStore hot() {
      throw new AssertionError("these contracts need no bucket");
    }

    @Override
    public SqlStore sql() {
      return store.sql();
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
