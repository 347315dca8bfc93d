package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Partitions come and go while others write: no write is refused, and none is lost. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class PartitionsUnderLoadIT extends RunsPartitions {
  private static final int WRITERS = 4;
  private static final String NOW = "2030-01-10 12:00Z";

  private final AtomicBoolean stop = new AtomicBoolean();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "partition-load");
            thread.setDaemon(true);
            return thread;
          });

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  PartitionsUnderLoadIT(int majorVersion) {}

  @BeforeEach
  void fillTheDefaultPartition() throws SQLException {
    database.execute(
        """
        INSERT INTO demo.log (n, sent_at)
        SELECT 0, '2030-01-05Z'::timestamptz + n * INTERVAL '20 seconds'
          FROM generate_series(1, 20000) AS n
        """);
  }

  @AfterEach
  void stopThreads() {
    stop.set(true);
    threads.shutdownNow();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void insertsThatRaceWithDrainingAreNeitherLostNorRefused(boolean withTrigger) throws Exception {
    dropTriggerUnless(withTrigger);
    List<Future<Long>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      writers.add(threads.submit(writing(i % 2 == 0)));
    }
    awaitRows(20_200);
    database.execute("UPDATE partitions.settings SET drain_limit = 2000");
    assertThat(maintainUntilDone()).isEqualTo("done");
    long written = ended(writers);
    assertThat(written).isGreaterThan(200);
    assertThat(database.query("SELECT count(*) FROM demo.log"))
        .containsExactly(Long.toString(20_000 + written));
    assertThat(database.query("SELECT count(*) FROM demo.log_default")).containsExactly("0");
    assertThat(
            database.query(
                "SELECT count(*) FROM (SELECT id FROM demo.log GROUP BY id HAVING count(*) > 1) d"))
        .containsExactly("0");
    assertThat(database.query("SELECT id FROM demo.deleted")).isEmpty();
  }

  /** An update that met a row on the move must find it afterwards. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void updatesThatRaceWithDrainingAreNotLost(boolean withTrigger) throws Exception {
    dropTriggerUnless(withTrigger);
    List<Future<Long>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int share = i;
      writers.add(threads.submit(() -> counting(share)));
    }
    database.execute("UPDATE partitions.settings SET drain_limit = 2000");
    assertThat(maintainUntilDone()).isEqualTo("done");
    long updates = ended(writers);
    assertThat(updates).isPositive();
    assertThat(database.query("SELECT sum(n) FROM demo.log"))
        .containsExactly(Long.toString(updates));
  }

  @Test
  void retirementLosesNoWriteOfTheOthers() throws Exception {
    database.execute("UPDATE partitions.settings SET retain = INTERVAL '1 day'");
    List<Future<Long>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      writers.add(threads.submit(writing(i % 2 == 0)));
    }
    awaitRows(20_100);
    assertThat(maintainUntilDone()).isEqualTo("done");
    long written = ended(writers);
    assertThat(bounds().get(0)).isEqualTo("2030-01-09 00:00 to 2030-01-10 00:00");
    assertThat(database.query("SELECT count(*) FROM demo.log WHERE n = 1"))
        .containsExactly(Long.toString(written));
  }

  @Test
  void manyCallersDoTheWorkOnce() throws Exception {
    List<Future<String>> callers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      callers.add(threads.submit(PartitionsUnderLoadIT::outcomeOfMaintenance));
    }
    for (Future<String> caller : callers) {
      assertThat(caller.get(60, TimeUnit.SECONDS)).isIn("done", "incomplete", "busy");
    }
    assertThat(maintainUntilDone()).isEqualTo("done");
    // 5 to 10 January: the rows'; 11 and 12: ahead.
    assertThat(bounds()).hasSize(8);
    assertThat(database.query("SELECT count(*) FROM demo.log")).containsExactly("20000");
  }

  /** Writes rows of now; in some writers each transaction begins with a new agent. */
  private Callable<Long> writing(boolean withAgent) {
    return () -> {
      long written = 0;
      try (Connection connection = database.connect();
          PreparedStatement agent =
              connection.prepareStatement(
                  "INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'load')"
                      + " RETURNING agent_id");
          PreparedStatement row =
              connection.prepareStatement(
                  "INSERT INTO demo.log (agent_id, n, sent_at) VALUES (?::uuid, 1, '"
                      + NOW
                      + "'::timestamptz + random() * INTERVAL '1 hour')")) {
        connection.setAutoCommit(false);
        row.setString(1, null);
        while (!stop.get()) {
          if (withAgent) {
            try (ResultSet id = agent.executeQuery()) {
              id.next();
              row.setString(1, id.getString(1));
            }
          }
          written += row.executeUpdate() + row.executeUpdate();
          connection.commit();
        }
      }
      return written;
    };
  }

  private long counting(int share) throws SQLException {
    long updates = 0;
    try (Connection connection = database.connect();
        PreparedStatement count =
            connection.prepareStatement(
                "UPDATE demo.log SET n = n + 1 WHERE sent_at >= '2030-01-05Z'::timestamptz"
                    + " + ? * INTERVAL '20 seconds' AND sent_at < '2030-01-05Z'::timestamptz"
                    + " + (? + 1) * INTERVAL '20 seconds'")) {
      for (int n = share + 1; !stop.get(); n = n % 20_000 + WRITERS) {
        count.setInt(1, n);
        count.setInt(2, n);
        updates += count.executeUpdate();
      }
    }
    return updates;
  }

  private long ended(List<Future<Long>> writers) throws Exception {
    stop.set(true);
    long sum = 0;
    for (Future<Long> writer : writers) {
      sum += writer.get(60, TimeUnit.SECONDS);
    }
    return sum;
  }

  private static void awaitRows(long atLeast) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                Long.parseLong(database.query("SELECT count(*) FROM demo.log").get(0)) >= atLeast);
  }

  /** Where a trigger must be silenced, writers are locked out earlier. */
  private static void dropTriggerUnless(boolean keep) throws SQLException {
    if (!keep) {
      database.execute("DROP TRIGGER note_deleted ON demo.log");
    }
  }

  private static String maintainUntilDone() throws SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    String outcome = "never run";
    while (!outcome.equals("done") && System.nanoTime() < deadline) {
      outcome = outcomeOfMaintenance();
    }
    return outcome;
  }

  private static String outcomeOfMaintenance() throws SQLException {
    return database.query("SELECT outcome FROM partitions.maintain('%s')".formatted(NOW)).get(0);
  }
}
