package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.MigratedDatabase;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A database with tables of an application, ten accounts of 100 each, and the runtimes that are
 * opened on it.
 */
final class Accounts implements AutoCloseable {

  static final int COUNT = 10;
  static final int BALANCE = 100;

  /** How long a test waits for what should be there soon. */
  static final Duration SOON = Duration.ofSeconds(60);

  static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "try a transaction");

  private static final AtomicInteger RUNS = new AtomicInteger();

  private static final String TABLES =
      """
      CREATE TABLE IF NOT EXISTS public.accounts (
        id INTEGER PRIMARY KEY,
        balance BIGINT NOT NULL,
        CONSTRAINT never_negative CHECK (balance >= 0)
      );
      CREATE TABLE IF NOT EXISTS public.owners (
        id INTEGER PRIMARY KEY,
        CONSTRAINT has_account FOREIGN KEY (id) REFERENCES public.accounts
          DEFERRABLE INITIALLY DEFERRED
      );
      CREATE OR REPLACE FUNCTION public.slow_commit() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
      TRUNCATE public.owners, public.accounts;
      DROP TRIGGER IF EXISTS slow ON public.accounts;
      INSERT INTO public.accounts SELECT i, 100 FROM generate_series(1, 10) AS i;
      """;

  private final PostgresServer postgres = TestServers.postgres();
  private final String database = MigratedDatabase.borrow();
  private final String prefix = "tx" + ProcessHandle.current().pid() + "_" + RUNS.incrementAndGet();
  private final List<Persistence> opened = new ArrayList<>();

  Accounts() {
    execute(TABLES);
  }

  /** Returns the URL of the database. */
  String jdbcUrl() {
    return database;
  }

  /** Returns an id that no other transaction has. */
  String correlationId(String name) {
    return prefix + "-" + name;
  }

  /** Opens a runtime whose callers have so many connections. */
  Persistence open(int connections) {
    return open(database, connections);
  }

  Persistence open(String url, int connections) {
    PostgresConfig.Builder config =
        PostgresConfig.builder(url, postgres.user()).connections(0, connections);
    postgres.password().ifPresent(config::password);
    Persistence persistence =
        Persistence.open(
            PersistenceConfig.builder(
                    NatsConfig.builder(TestServers.nats().url()).namePrefix(prefix + "-").build(),
                    config.build())
                .build());
    opened.add(persistence);
    return persistence;
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(database, postgres.user(), postgres.password().orElse(null));
  }

  void execute(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  static void add(Transaction tx, int id, int amount) {
    assertThat(
            tx.update(
                "UPDATE accounts SET balance = balance + :amount WHERE id = :id",
                Map.of("amount", amount, "id", id)))
        .isEqualTo(1);
  }

  static long balance(Transaction tx, int id) {
    return tx.query(
            "SELECT balance FROM accounts WHERE id = :id",
            Map.of("id", id),
            row -> row.get("balance", Long.class))
        .get(0);
  }

  static long balance(Persistence persistence, int id) {
    return persistence.transactions().run(OPTIONS, tx -> balance(tx, id));
  }

  static long sum(Persistence persistence) {
    return persistence
        .transactions()
        .run(
            OPTIONS,
            tx ->
                tx.query(
                        "SELECT sum(balance) AS sum FROM accounts",
                        Map.of(),
                        row -> row.get("sum", Long.class))
                    .get(0));
  }

  static void assertIs(DataError error, boolean passing, Throwable failure) {
    assertThat(failure).isInstanceOf(PersistenceException.class);
    PersistenceException typed = (PersistenceException) failure;
    assertThat(typed.error()).as(typed.getMessage()).isEqualTo(error);
    assertThat(typed.isTransient()).isEqualTo(passing);
  }

  @Override
  public void close() {
    opened.forEach(persistence -> persistence.close(Duration.ofSeconds(2)));
    execute("DROP TABLE public.owners, public.accounts; DROP FUNCTION public.slow_commit()");
    MigratedDatabase.giveBack(database);
  }
}
