package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Adds a column to a table of 1,000,000 rows, and restructures it through a shadow, while writers
 * are at it, and prints what the writers felt of it. Run it from the root of the repository by
 * {@code mvn -q -Ponline-bench}; {@code -Dpersistence.test.postgres=15} and {@code
 * -Donline.bench.rows=100000} choose the server and the size.
 *
 * <p>Latencies are of the writers, the disk and the processor included; before each change they are
 * measured without it. The server reports the part that the change alone causes: blocked_over_100ms
 * counts waits of a writer for a lock that the change has, or queues for, longer than 100 ms.
 */
final class OnlineChangeBenchmark {
  private static final String TABLE = "bench.jobs";
  private static final int WRITERS = 4;
  private static final Duration PACE = Duration.ofMillis(8);
  private static final Duration BASELINE = Duration.ofSeconds(10);

  private final PostgresServer server;
  private final String url;
  private final long rows;

  private OnlineChangeBenchmark(PostgresServer server, long rows) {
    this.server = server;
    this.url = server.createDatabase("online_bench");
    this.rows = rows;
  }

  /** Runs it; ends with status 1 where a write was lost or a writer blocked for too long. */
  public static void main(String[] args) throws Exception {
    long rows = Long.getLong("online.bench.rows", 1_000_000);
    boolean good;
    try (PostgresServer server = PostgresServer.start(PostgresOptions.defaults())) {
      OnlineChangeBenchmark benchmark = new OnlineChangeBenchmark(server, rows);
      MigrationRunner.builder()
          .dataSource(benchmark.connections("bench-setup"))
          .sets("online")
          .build()
          .apply();
      benchmark.fill();
      boolean filled = benchmark.backfill();
      good = benchmark.shadow() && filled;
    }
    System.exit(good ? 0 : 1);
  }

  private void fill() throws SQLException {
    execute(
        """
        CREATE SCHEMA bench;
        CREATE TABLE bench.jobs (
          id BIGINT NOT NULL, body TEXT NOT NULL, n INT NOT NULL,
          CONSTRAINT jobs_pkey PRIMARY KEY (id)
        );
        INSERT INTO bench.jobs
        SELECT i, repeat(md5(i::text), 3), 0 FROM generate_series(1, %d) i;
        """
            .formatted(rows));
    execute("VACUUM ANALYZE bench.jobs");
    execute("CHECKPOINT");
  }

  private boolean backfill() throws Exception {
    try (OneConnection own = new OneConnection(connections("bench-change"));
        WriteLoad load = WriteLoad.start(connections("bench-writer"), TABLE, rows, WRITERS, PACE)) {
      Latencies.Summary baseline = baseline(load);
      long before = load.writes();
      LockWaits waits = watch();
      long start = System.nanoTime();
      OnlineChangeReport report =
          OnlineColumn.builder()
              .dataSource(own.dataSource())
              .table(TABLE)
              .column("weight")
              .type("INT")
              .defaultExpression("1")
              .notNull()
              .build()
              .run();
      double seconds = (System.nanoTime() - start) / 1e9;
      String blocked = waits.summary();
      Latencies.Summary during = load.nextMeasurement();
      long writes = load.writes() - before;
      load.stop();
      long lost = load.lostIn(TABLE) + unfilled();
      print("online-backfill", report, seconds, writes, lost, load, during, blocked, baseline);
      fillAgain();
      return lost == 0 && blocked.startsWith("blocked_over_100ms=0 ");
    }
  }

  private boolean shadow() throws Exception {
    try (OneConnection own = new OneConnection(connections("bench-change"));
        WriteLoad load = WriteLoad.start(connections("bench-writer"), TABLE, rows, WRITERS, PACE)) {
      ShadowTable change =
          ShadowTable.builder()
              .dataSource(own.dataSource())
              .table(TABLE)
              .definition(
                  """
                  id BIGINT NOT NULL, n BIGINT NOT NULL, weight INT NOT NULL DEFAULT 1,
                  body TEXT NOT NULL,
                  body_length INT GENERATED ALWAYS AS (length(body)) STORED,
                  CONSTRAINT jobs_shadow_pkey PRIMARY KEY (id)
                  """)
              .build();
      Latencies.Summary baseline = baseline(load);
      long before = load.writes();
      LockWaits waits = watch();
      long start = System.nanoTime();
      OnlineChangeReport report = change.run();
      double cutOver = (System.nanoTime() - start) / 1e9;
      pause(Duration.ofSeconds(1));
      change.cutBack();
      pause(Duration.ofSeconds(1));
      boolean same = change.verify().none();
      change.cutOver();
      pause(Duration.ofSeconds(1));
      double seconds = (System.nanoTime() - start) / 1e9;
      String blocked = waits.summary();
      Latencies.Summary during = load.nextMeasurement();
      long writes = load.writes() - before;
      load.stop();
      long lost = load.lostIn(TABLE) + load.lostIn(TABLE + "_old") + (same ? 0 : 1);
      System.out.printf(
          Locale.ROOT,
          "bench: shadow-cut-over first_after_seconds=%.1f taken_back=1 made_again=1%n",
          cutOver);
      print("shadow-restructure", report, seconds, writes, lost, load, during, blocked, baseline);
      change.finish();
      return lost == 0 && blocked.startsWith("blocked_over_100ms=0 ");
    }
  }

  private void print(
      String name,
      OnlineChangeReport report,
      double seconds,
      long writes,
      long lost,
      WriteLoad load,
      Latencies.Summary during,
      String blocked,
      Latencies.Summary baseline) {
    System.out.printf(
        Locale.ROOT,
        "bench: %s postgres=%s rows=%d seconds=%.1f batches=%d retries=%d longest_batch_ms=%d"
            + " writes=%d refused=%d lost=%d %s %s %s%n",
        name,
        server.version(),
        report.rowsSeen(),
        seconds,
        report.batches(),
        report.retries(),
        report.longestBatch().toMillis(),
        writes,
        load.refused(),
        lost,
        during.named("writer_"),
        blocked,
        baseline.named("baseline_"));
  }

  private static Latencies.Summary baseline(WriteLoad load) {
    pause(Duration.ofSeconds(2));
    load.nextMeasurement();
    pause(BASELINE);
    return load.nextMeasurement();
  }

  private LockWaits watch() {
    return LockWaits.watch(connections("bench-watch"), "bench-writer", "bench-change");
  }

  private long unfilled() throws SQLException {
    try (Connection connection = connections("bench-setup").getConnection();
        Statement statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT count(*) FROM bench.jobs WHERE weight IS DISTINCT FROM 1")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The table as it was before the first change, with its new column. */
  private void fillAgain() throws SQLException {
    execute("TRUNCATE bench.jobs");
    execute(
        "INSERT INTO bench.jobs SELECT i, repeat(md5(i::text), 3), 0 FROM generate_series(1, %d) i"
            .formatted(rows));
    execute("VACUUM ANALYZE bench.jobs");
    execute("CHECKPOINT");
  }

  private static void pause(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = connections("bench-setup").getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private PGSimpleDataSource connections(String name) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setURL(url);
    dataSource.setUser(server.user());
    server.password().ifPresent(dataSource::setPassword);
    dataSource.setApplicationName(name);
    return dataSource;
  }
}
