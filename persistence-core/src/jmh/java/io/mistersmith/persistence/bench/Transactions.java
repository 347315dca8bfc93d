package io.mistersmith.persistence.bench;

import com.sun.management.ThreadMXBean;
import com.zaxxer.hikari.HikariDataSource;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A transaction of an update and a query: by the runner, and by Jdbi on a pool of its own with the
 * same driver.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class Transactions {

  private static final int TURNS = 20;
  private static final int CALLS = 200;
  private static final String UPDATE =
      "UPDATE bench_accounts SET balance = balance + :amount WHERE id = :id";
  private static final String QUERY = "SELECT balance FROM bench_accounts WHERE id = :id";
  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "bench");

  private final Accounts accounts = Opened.get("transactions", Accounts::new);

  /** The time of a transaction. */
  @Benchmark
  public int run() throws Exception {
    return Turns.take(TURNS, accounts::raw, accounts::ours);
  }

  /** What a transaction allocates, in bytes. */
  @Benchmark
  public int allocate() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int kept = 0;
    long began = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      kept += accounts.raw(i).hashCode();
    }
    long between = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      kept += accounts.ours(i).hashCode();
    }
    long ended = threads.getCurrentThreadAllocatedBytes();
    Recorder.note(Turns.RAW, (between - began) / (double) CALLS);
    Recorder.note(Turns.OURS, (ended - between) / (double) CALLS);
    return kept;
  }

  private static final class Accounts implements AutoCloseable {
    private final Persistence persistence;
    private final HikariDataSource pool = new HikariDataSource();
    private final Jdbi jdbi;

    Accounts() {
      Site site = Site.present();
      persistence =
          Persistence.open(
              site.config("transactions-" + ProcessHandle.current().pid() + "-").build());
      pool.setJdbcUrl(site.jdbcUrl());
      pool.setUsername(site.user());
      pool.setPassword(site.password());
      pool.setMaximumPoolSize(4);
      pool.addDataSourceProperty("prepareThreshold", "3");
      jdbi = Jdbi.create(pool);
      jdbi.useHandle(
          handle ->
              handle.execute(
                  "CREATE TABLE bench_accounts AS SELECT i AS id, 0::bigint AS balance"
                      + " FROM generate_series(0, 999) AS i"));
      jdbi.useHandle(handle -> handle.execute("ALTER TABLE bench_accounts ADD PRIMARY KEY (id)"));
    }

    Object raw(int i) {
      return jdbi.inTransaction(
          handle -> {
            handle.createUpdate(UPDATE).bind("amount", 1).bind("id", i).execute();
            return handle.createQuery(QUERY).bind("id", i).mapTo(Long.class).one();
          });
    }

    Object ours(int i) {
      return persistence
          .transactions()
          .run(
              OPTIONS,
              tx -> {
                tx.update(UPDATE, Map.of("amount", 1, "id", i));
                return tx.query(QUERY, Map.of("id", i), row -> row.get("balance", Long.class))
                    .get(0);
              });
    }

    @Override
    public void close() {
      persistence.close();
      pool.close();
    }
  }
}
