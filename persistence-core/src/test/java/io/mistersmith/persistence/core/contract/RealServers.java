package io.mistersmith.persistence.core.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.KeptPools;
import io.mistersmith.persistence.core.LeastPrivilege;
import io.mistersmith.persistence.core.MigratedDatabase;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.StreamState;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** A database and buckets of its own on the servers under test. */
final class RealServers implements PersistenceFixture {

  private static final String RUN = "c" + ProcessHandle.current().pid();

  /** The error of nats-server for a message that was removed. */
  private static final int NO_MESSAGE = 10_037;

  private static final AtomicInteger FIXTURES = new AtomicInteger();

  private final PostgresServer postgres;
  private final NatsServer nats;
  private final boolean ownNats;
  private final String name = RUN + "_" + FIXTURES.incrementAndGet();
  private final String database;
  private final boolean borrowed;
  private final boolean kept;
  private final UnaryOperator<PostgresConfig> way;

  /** On the servers that all tests share, and on a pool that the next tests use too. */
  RealServers() {
    this(UnaryOperator.identity(), true);
  }

  /**
   * A fixture whose runtimes reach the database in another way, on pools of their own.
   *
   * @param way changes the configuration that leads to it directly
   */
  RealServers(UnaryOperator<PostgresConfig> way) {
    this(way, false);
  }

  private RealServers(UnaryOperator<PostgresConfig> way, boolean kept) {
    this(
        TestServers.postgres(),
        TestServers.nats(),
        false,
        way,
        MigratedDatabase.borrow(),
        true,
        kept);
  }

  private RealServers(
      PostgresServer postgres,
      NatsServer nats,
      boolean ownNats,
      UnaryOperator<PostgresConfig> way,
      String database,
      boolean borrowed,
      boolean kept) {
    this.postgres = postgres;
    this.nats = nats;
    this.ownNats = ownNats;
    this.way = way;
    this.database = database;
    this.borrowed = borrowed;
    this.kept = kept;
  }

  /** For contracts of what pools of the runtime's own do. */
  static RealServers withOwnPools() {
    return new RealServers(UnaryOperator.identity());
  }

  /** On a database of its own, to which optional sets of migrations are applied. */
  static RealServers withSets(String... sets) {
    return new RealServers(
        TestServers.postgres(),
        TestServers.nats(),
        false,
        config -> config.toBuilder().migrateOnOpen(sets).build(),
        MigratedDatabase.create(),
        false,
        true);
  }

  /** On a database of its own, by users who have the rights of the set roles alone. */
  static RealServers withLeastPrivilege(String... sets) {
    return new RealServers(
        TestServers.postgres(),
        TestServers.nats(),
        false,
        config -> LeastPrivilege.declared(config, sets),
        MigratedDatabase.create(),
        false,
        false);
  }

  /** On a PostgreSQL 15 with pgvector, for vectors of so many dimensions. */
  static RealServers withPgvector(int dimensions) {
    PgvectorDatabases databases = PgvectorDatabases.of(dimensions);
    return new RealServers(
        databases.server(),
        TestServers.nats(),
        false,
        UnaryOperator.identity(),
        databases.create(),
        false,
        true);
  }

  /** On a nats-server of its own, which can be killed. */
  static RealServers withOwnNats() {
    return new RealServers(
        TestServers.postgres(),
        NatsServer.start(NatsOptions.defaults()),
        true,
        UnaryOperator.identity(),
        MigratedDatabase.borrow(),
        true,
        true);
  }

  @Override
  public void hotOutage(boolean away) {
    assertThat(ownNats).as("other tests use this server").isTrue();
    if (away) {
      nats.kill();
    } else {
      nats.restart();
    }
  }

  @Override
  public Persistence open(PersistenceConfig config) {
    return kept ? KeptPools.open(config, postgres, database) : Persistence.open(config);
  }

  @Override
  public Persistence open(PersistenceConfig config, Faults faults) {
    return Persistence.open(config, new FaultyStores(provider(), faults));
  }

  @Override
  public Stores stores(PersistenceConfig config) {
    return provider().open(config);
  }

  private StoreProvider provider() {
    return kept ? KeptPools.provider(postgres, database) : RealStores.provider();
  }

  @Override
  public PersistenceConfig.Builder config() {
    PostgresConfig.Builder config =
        PostgresConfig.builder(database, postgres.user())
            .connections(1, 4)
            .role(PostgresRole.BACKGROUND, role -> role.connections(1, 4));
    postgres.password().ifPresent(config::password);
    return PersistenceConfig.builder(
        NatsConfig.builder(nats.url()).namePrefix(name + "-").build(), way.apply(config.build()));
  }

  /** Runs a statement in the database, past the runtimes. */
  void execute(String sql) throws SQLException {
    try (java.sql.Connection connection =
            DriverManager.getConnection(database, postgres.user(), postgres.password().orElse(""));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Returns the tables of the library, partitioned ones as a whole. */
  List<String> tables() throws SQLException {
    return query(
        """
        SELECT n.nspname || '.' || c.relname
          FROM pg_class AS c
          JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p')
           AND NOT c.relispartition
           AND n.nspname IN ('agents', 'tasks', 'messages', 'sessions', 'knowledge', 'sagas',
                             'events', 'audit')
         ORDER BY 1
        """);
  }

  /**
   * Returns the tables of any schema that have a row with the text in any column, also in one of
   * bytes.
   */
  List<String> tablesWith(String text) throws SQLException {
    List<String> found = new ArrayList<>();
    String hex = HexFormat.of().formatHex(text.getBytes(UTF_8));
    List<String> all =
        query(
            """
            SELECT format('%I.%I', n.nspname, c.relname)
              FROM pg_class AS c
              JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'm')
               AND NOT c.relispartition
               AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            """);
    for (String table : all) {
      String rows =
          "SELECT 'found' FROM %s AS t WHERE t::text LIKE '%%%s%%' OR t::text LIKE '%%%s%%' LIMIT 1"
              .formatted(table, text, hex);
      if (!query(rows).isEmpty()) {
        found.add(table);
      }
    }
    return found;
  }

  List<String> query(String sql) throws SQLException {
    List<String> found = new ArrayList<>();
    try (java.sql.Connection connection =
            DriverManager.getConnection(database, postgres.user(), postgres.password().orElse(""));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }

  /** Returns the streams that have a message with the text in its headers or body. */
  List<String> streamsWith(String text) throws IOException, JetStreamApiException {
    List<String> found = new ArrayList<>();
    try {
      Connection connection = Nats.connect(nats.url());
      JetStreamManagement streams = connection.jetStreamManagement();
      for (String stream : streams.getStreamNames()) {
        if (isOwn(stream) && hasMessage(streams, stream, text)) {
          found.add(stream);
        }
      }
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return found;
  }

  private static boolean hasMessage(JetStreamManagement streams, String stream, String text)
      throws IOException, JetStreamApiException {
    StreamState state = streams.getStreamInfo(stream).getStreamState();
    for (long sequence = state.getFirstSequence();
        sequence > 0 && sequence <= state.getLastSequence();
        sequence++) {
      try {
        MessageInfo message = streams.getMessage(stream, sequence);
        byte[] body = message.getData();
        Headers headers = message.getHeaders();
        boolean inHeaders = headers != null && headers.entrySet().toString().contains(text);
        if (inHeaders || (body != null && new String(body, UTF_8).contains(text))) {
          return true;
        }
      } catch (JetStreamApiException e) {
        if (e.getApiErrorCode() != NO_MESSAGE) {
          throw e;
        }
      }
    }
    return false;
  }

  private boolean isOwn(String stream) {
    return stream.startsWith("KV_" + name + "-") || stream.startsWith(name + "-");
  }

  @Override
  public void elapse(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    Awaitility.await().atMost(time.plusSeconds(5)).until(() -> System.nanoTime() >= end);
  }

  @Override
  public void close() {
    if (ownNats) {
      nats.close();
    } else {
      deleteBuckets();
    }
    if (borrowed) {
      MigratedDatabase.giveBack(database);
    } else {
      KeptPools.close(database);
    }
  }

  private void deleteBuckets() {
    try {
      Connection connection = Nats.connect(nats.url());
      JetStreamManagement streams = connection.jetStreamManagement();
      for (String stream : streams.getStreamNames()) {
        if (isOwn(stream)) {
          streams.deleteStream(stream);
        }
      }
      connection.close();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
