package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.OwnPostgres;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A COMMIT whose connection is lost, and that the server finishes after this process has asked the
 * primary for a position that has all of its commits.
 */
@Tag("fault")
class FoundCommitIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private static final int LOCK = 4711;

  /** The COMMIT of an insert waits until nobody else holds the lock. */
  private static final String TABLES =
      """
      CREATE TABLE public.notes (id INTEGER PRIMARY KEY);
      CREATE FUNCTION public.wait_for_lock() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON public.notes DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION public.wait_for_lock();
      """;

  private static final TransactionOptions INSERT =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "insert a note")
          .correlationId("found commit")
          .build();

  private static final TransactionOptions COUNT =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "count the notes")
          .readFrom(PostgresRole.REPLICA)
          .build();

  private PostgresServer primary;
  private PostgresStandby standby;
  private String database;

  @BeforeEach
  void start() throws SQLException {
    primary = OwnPostgres.start();
    database = primary.createDatabase("found_commit");
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(database);
    source.setUser(primary.user());
    MigrationRunner.of(source).apply();
    execute(TABLES);
    standby = primary.standby("replica");
  }

  @AfterEach
  void stop() {
    standby.close();
    primary.close();
  }

  @Test
  void isSeenByEveryReadOnceItIsFoundOut() throws Exception {
    try (TcpProxy proxy = TcpProxy.to("tcp://" + primary.host() + ":" + primary.port());
        Persistence persistence = open(proxy)) {
      Awaitility.await()
          .atMost(SOON)
          .until(
              () ->
                  persistence.operations().pools().replicas().get(0).state() == ReplicaState.FRESH);
      ExecutorService threads = Executors.newSingleThreadExecutor();
      try (Connection other = connect();
          Statement lock = other.createStatement()) {
        lock.execute("SELECT pg_advisory_lock(" + LOCK + ")");
        Future<?> run =
            threads.submit(
                () ->
                    persistence
                        .transactions()
                        .execute(
                            INSERT, tx -> tx.update("INSERT INTO notes VALUES (1)", Map.of())));
        Awaitility.await("COMMIT is under way").atMost(SOON).until(this::isCommitting);
        proxy.refuse(true);
        proxy.refuse(false);
        Awaitility.await("the position is asked for")
            .atMost(SOON)
            .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
            .until(() -> notes(persistence) == 0);
        standby.awaitReplayOf(primary);
        standby.pauseReplay();
        lock.execute("SELECT pg_advisory_unlock(" + LOCK + ")");
        assertThat(run.get(SOON.toSeconds(), TimeUnit.SECONDS)).as("found out").isNull();
      } finally {
        threads.shutdownNow();
      }
      assertThat(notes(persistence)).as("read where it may be old").isEqualTo(1);
    }
  }

  private Persistence open(TcpProxy proxy) {
    String through =
        database.replaceFirst("//[^/]+/", "//" + proxy.url().replace("nats://", "") + "/");
    PostgresServer replica = standby.server();
    return Persistence.open(
        PersistenceConfig.builder(
                NatsConfig.builder(TestServers.nats().url())
                    .namePrefix("found" + ProcessHandle.current().pid() + "-")
                    .build(),
                PostgresConfig.builder(through, primary.user())
                    .connections(0, 4)
                    .replica(role -> role.host(replica.host() + ":" + replica.port()))
                    .maxReplicaLag(Duration.ofHours(1))
                    .build())
            .build());
  }

  private static long notes(Persistence persistence) {
    return persistence
        .transactions()
        .run(
            COUNT,
            tx ->
                tx.query(
                        "SELECT count(*) AS notes FROM notes",
                        Map.of(),
                        row -> row.get("notes", Long.class))
                    .get(0));
  }

  private boolean isCommitting() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      return statement
          .executeQuery(
              "SELECT FROM pg_stat_activity WHERE datname = current_database()"
                  + " AND wait_event = 'advisory' AND query = 'COMMIT'")
          .next();
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(database, primary.user(), "");
  }
}
