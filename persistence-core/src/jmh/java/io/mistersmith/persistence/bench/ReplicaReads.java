package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A read from a replica right after a write, which it sees: by a transaction that may read what is
 * old, and by JDBC that polls the replica without a pause until it has replayed the primary's
 * position, which is the replica's own lag.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ReplicaReads {

  private static final int READS = 50;

  private final Servers servers = Opened.get("replica", Servers::new);

  /** The time from the end of the write to the end of the read, in microseconds. */
  @Benchmark
  public long read() throws Exception {
    long[] raw = new long[READS];
    long[] ours = new long[READS];
    long kept = 0;
    for (int i = 0; i < READS; i++) {
      kept += servers.write();
      long began = System.nanoTime();
      kept += servers.raw();
      raw[i] = System.nanoTime() - began;
      long written = servers.write();
      began = System.nanoTime();
      long read = servers.ours();
      ours[i] = System.nanoTime() - began;
      if (read != written) {
        throw new IllegalStateException("wrote " + written + ", read " + read);
      }
      kept += read;
    }
    Recorder.note(Turns.RAW, median(raw));
    Recorder.note(Turns.OURS, median(ours));
    return kept;
  }

  private static double median(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[nanos.length / 2] / 1e3;
  }

  private static final class Servers implements AutoCloseable {

    private static final TransactionOptions WRITE =
        TransactionOptions.of(Boundary.SINGLE_OPERATION, "bench");
    private static final TransactionOptions READ =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "bench")
            .readFrom(PostgresRole.REPLICA)
            .build();
    private static final String QUERY = "SELECT count FROM bench_counter";

    private final PostgresServer primary = PostgresServer.start(PostgresOptions.defaults());
    private final PostgresStandby standby;
    private final Persistence persistence;
    private final Connection toPrimary;
    private final Connection toStandby;

    Servers() throws SQLException {
      String database = primary.createDatabase("bench");
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(database);
      source.setUser(primary.user());
      int applied = MigrationRunner.of(source).apply().applied().size();
      toPrimary = DriverManager.getConnection(database, primary.user(), "");
      try (Statement statement = toPrimary.createStatement()) {
        statement.execute("CREATE TABLE bench_counter AS SELECT 0::bigint AS count");
      }
      standby = primary.standby("bench");
      PostgresServer replica = standby.server();
      String host = replica.host() + ":" + replica.port();
      toStandby =
          DriverManager.getConnection(
              database.replace(primary.host() + ":" + primary.port(), host), replica.user(), "");
      persistence =
          Persistence.open(
              PersistenceConfig.builder(
                      NatsConfig.builder(Site.present().natsUrl())
                          .namePrefix("replica-" + ProcessHandle.current().pid() + "-")
                          .build(),
                      PostgresConfig.builder(database, primary.user())
                          .connections(1, 4)
                          .replica(role -> role.host(host).connections(1, 4))
                          .maxReplicaLag(Duration.ofMinutes(1))
                          .build())
                  .build());
      System.err.printf("bench: a standby, %d migrations applied%n", applied);
    }

    long write() {
      return persistence
          .transactions()
          .run(
              WRITE,
              tx ->
                  tx.query(
                          "UPDATE bench_counter SET count = count + 1 RETURNING count",
                          Map.of(),
                          row -> row.get("count", Long.class))
                      .get(0));
    }

    long ours() {
      return persistence
          .transactions()
          .run(READ, tx -> tx.query(QUERY, Map.of(), row -> row.get("count", Long.class)).get(0));
    }

    long raw() throws SQLException {
      long target = number(toPrimary, "SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn");
      while (number(toStandby, "SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn") < target) {
        Thread.onSpinWait();
      }
      return number(toStandby, QUERY);
    }

    private static long number(Connection connection, String sql) throws SQLException {
      try (PreparedStatement statement = connection.prepareStatement(sql);
          ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }

    /** Prints how many reads the replica answered, and how many were passed on to the primary. */
    @Override
    public void close() throws SQLException {
      ReplicaStats stats = persistence.operations().pools().replicas().get(0);
      System.err.printf(
          "bench: the standby answered %d reads, %d went on to the primary%n",
          stats.reads(), stats.passedOn());
      persistence.close();
      toStandby.close();
      toPrimary.close();
      standby.close();
      primary.close();
    }
  }
}
