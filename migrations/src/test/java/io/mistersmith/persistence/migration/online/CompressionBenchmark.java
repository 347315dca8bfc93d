package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Prints what each compression makes of JSON documents: their size on disk, and how long the server
 * takes to write and to read them. Run it from the root of the repository by {@code mvn -q
 * -Pstorage-bench}, on the server that PG_HOST names, which must have lz4 for both methods; {@code
 * -Dstorage.bench.file=F} takes the documents of a file, one a line, instead of invented ones.
 *
 * <p>The methods take turns, so that other load meets both; each figure is the median of the
 * rounds. The documents come from a table without compression in the same database.
 */
final class CompressionBenchmark {
  private static final int ROUNDS = 5;

  private static final String SHAPES =
      """
      CREATE SCHEMA bench;
      CREATE TABLE bench.lines (line TEXT);
      CREATE TABLE bench.source (shape TEXT, value TEXT);
      CREATE TABLE bench.target (value JSONB);
      ALTER TABLE bench.lines ALTER COLUMN line SET STORAGE EXTERNAL;
      ALTER TABLE bench.source ALTER COLUMN value SET STORAGE EXTERNAL
      """;

  private static final String SPLIT =
      """
      INSERT INTO bench.source
      SELECT 'runs', l.line FROM bench.lines l CROSS JOIN generate_series(1, 5);
      INSERT INTO bench.source
      SELECT 'steps', s.step::text
        FROM bench.lines l CROSS JOIN jsonb_array_elements(l.line::jsonb -> 'traj') AS s (step);
      VACUUM ANALYZE bench.source
      """;

  private static final String WRITE =
      "INSERT INTO bench.target SELECT value::jsonb FROM bench.source WHERE shape = '%s'";

  private static final String READ = "SELECT sum(length(value::text)) FROM bench.target";

  private static final String SIZE = "SELECT pg_total_relation_size('bench.target')";

  private static final String RAW =
      "SELECT sum(octet_length(value)) FROM bench.source WHERE shape = '%s'";

  private static final String USED =
      """
      SELECT coalesce(string_agg(DISTINCT pg_column_compression(value), ', '), 'none')
        FROM bench.target
      """;

  private record Round(double writeMillis, double readMillis) {}

  private final Connection connection;

  private CompressionBenchmark(Connection connection) {
    this.connection = connection;
  }

  /** Runs it and prints the table. */
  public static void main(String[] args) throws Exception {
    PostgresServer server = TestServers.postgres();
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(server.createDatabase("storage_bench_" + System.currentTimeMillis()));
    source.setUser(server.user());
    server.password().ifPresent(source::setPassword);
    MigrationRunner.builder().dataSource(source).sets("monitoring").build().apply();
    try (Connection connection = source.getConnection()) {
      CompressionBenchmark benchmark = new CompressionBenchmark(connection);
      benchmark.load(documents());
      System.out.printf("PostgreSQL %s%n%n", server.version());
      System.out.println(
          "| values | method | in rows | raw kB | on disk kB | write ms | read ms |");
      System.out.println("|---|---|---|---|---|---|---|");
      for (String shape : List.of("runs", "steps")) {
        benchmark.compare(shape);
      }
    }
    System.exit(0);
  }

  private static List<String> documents() throws IOException {
    String file = System.getProperty("storage.bench.file", "");
    return file.isEmpty() ? invented() : Files.readAllLines(Path.of(file));
  }

  /** Conversations of 30 steps, from 2,000 words of which a few are frequent. */
  private static List<String> invented() {
    Random random = new Random(7);
    List<String> words =
        IntStream.range(0, 2_000).mapToObj(i -> Integer.toString(i * 7919, 36)).toList();
    List<String> documents = new ArrayList<>();
    for (int run = 0; run < 200; run++) {
      String steps =
          IntStream.range(0, 30)
              .mapToObj(
                  step ->
                      "{\"role\":\"%s\",\"content\":\"%s\"}"
                          .formatted(
                              step % 2 == 0 ? "user" : "assistant",
                              random
                                  .doubles(80)
                                  .mapToObj(d -> words.get((int) (words.size() * d * d * d)))
                                  .collect(Collectors.joining(" "))))
              .collect(Collectors.joining(","));
      documents.add("{\"run\":%d,\"traj\":[%s]}".formatted(run, steps));
    }
    return documents;
  }

  private void load(List<String> documents) throws SQLException {
    execute(SHAPES);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO bench.lines VALUES (?)")) {
      for (String document : documents) {
        insert.setString(1, document);
        insert.addBatch();
      }
      int unused = insert.executeBatch().length;
    }
    for (String statement : SPLIT.split(";", -1)) {
      execute(statement);
    }
  }

  private void compare(String shape) throws SQLException {
    Map<String, List<Round>> rounds = new LinkedHashMap<>();
    Map<String, String> sizes = new LinkedHashMap<>();
    for (int round = 0; round <= ROUNDS; round++) {
      for (String method : List.of("pglz", "lz4")) {
        execute("TRUNCATE bench.target");
        String set = one("SELECT monitoring.set_compression('bench.target', '" + method + "')");
        execute("CHECKPOINT");
        double write = millis(() -> execute(WRITE.formatted(shape)));
        double read = millis(() -> one(READ));
        if (round > 0) {
          rounds.computeIfAbsent(method, m -> new ArrayList<>()).add(new Round(write, read));
        }
        sizes.put(
            method,
            "%s | %s | %d | %d"
                .formatted(
                    set,
                    one(USED),
                    Long.parseLong(one(RAW.formatted(shape))) / 1024,
                    Long.parseLong(one(SIZE)) / 1024));
      }
    }
    rounds.forEach(
        (method, all) ->
            System.out.printf(
                Locale.ROOT,
                "| %s | %s | %.0f | %.0f |%n",
                shape,
                sizes.get(method),
                median(all.stream().map(Round::writeMillis).toList()),
                median(all.stream().map(Round::readMillis).toList())));
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  @FunctionalInterface
  private interface Work {
    void run() throws SQLException;
  }

  private static double millis(Work work) throws SQLException {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e6;
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private String one(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
