package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.ApplicationTransaction;
import io.mistersmith.persistence.core.MigratedDatabase;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import io.mistersmith.persistence.transaction.TransactionOptions.Nesting;
import io.mistersmith.persistence.transaction.TransactionRunner.Outcome;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Transactions of the application on a PostgreSQL that fails under them. */
@Tag("fault")
class TransactionsIT {

  private static final AtomicInteger RUNS = new AtomicInteger();
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int ROWS = 10;
  private static final int BALANCE = 100;
  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "try a transaction");

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

  @BeforeEach
  void makeTables() throws SQLException {
    execute(TABLES);
  }

  @AfterEach
  void close() throws SQLException {
    opened.forEach(persistence -> persistence.close(Duration.ofSeconds(2)));
    execute("DROP TABLE public.owners, public.accounts; DROP FUNCTION public.slow_commit()");
    MigratedDatabase.giveBack(database);
  }

  private Persistence open(int connections) {
    return open(database, connections);
  }

  private Persistence open(String url, int connections) {
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

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(database, postgres.user(), postgres.password().orElse(null));
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void add(Transaction tx, int id, int amount) {
    assertThat(
            tx.update(
                "UPDATE accounts SET balance = balance + :amount WHERE id = :id",
                Map.of("amount", amount, "id", id)))
        .isEqualTo(1);
  }

  private static long balance(Transaction tx, int id) {
    return tx.query(
            "SELECT balance FROM accounts WHERE id = :id",
            Map.of("id", id),
            row -> row.get("balance", Long.class))
        .get(0);
  }

  private static long balance(Persistence persistence, int id) {
    return persistence.transactions().run(OPTIONS, tx -> balance(tx, id));
  }

  private void terminate(Transaction tx) {
    int backend =
        tx.query("SELECT pg_backend_pid() AS pid", Map.of(), row -> row.get("pid", Integer.class))
            .get(0);
    try {
      execute("SELECT pg_terminate_backend(" + backend + ", 5000)");
    } catch (SQLException e) {
      throw new AssertionError("the backend could not be terminated", e);
    }
  }

  private static void assertIs(DataError error, boolean passing, Throwable failure) {
    assertThat(failure).isInstanceOf(PersistenceException.class);
    PersistenceException typed = (PersistenceException) failure;
    assertThat(typed.error()).as(typed.getMessage()).isEqualTo(error);
    assertThat(typed.isTransient()).isEqualTo(passing);
  }

  @Test
  void mapsParametersAndColumns() {
    UUID uuid = UUID.randomUUID();
    Instant time = Instant.now().truncatedTo(ChronoUnit.MICROS);
    Persistence persistence = open(2);
    persistence
        .transactions()
        .execute(
            OPTIONS,
            tx -> {
              Transaction.Row row =
                  tx.query(
                          """
                          SELECT CAST(:text AS text) AS text, CAST(:i AS integer) AS i,
                                 CAST(:l AS bigint) AS l, CAST(:n AS numeric) AS n,
                                 CAST(:b AS boolean) AS b, CAST(:u AS uuid) AS u,
                                 CAST(:t AS timestamptz) AS t, CAST(:bytes AS bytea) AS bytes,
                                 CAST(:nothing AS text) AS nothing, CAST(:json AS jsonb) AS json,
                                 i.found, CAST(:words AS text[]) AS words
                            FROM (SELECT count(*) AS found FROM accounts
                                   WHERE id = ANY (:ids)) AS i
                          """,
                          Map.ofEntries(
                              Map.entry("text", "it's :text"),
                              Map.entry("i", 7),
                              Map.entry("l", Long.MAX_VALUE),
                              Map.entry("n", new BigDecimal("1.50")),
                              Map.entry("b", true),
                              Map.entry("u", uuid),
                              Map.entry("t", time),
                              Map.entry("bytes", new byte[] {1, 0, -1}),
                              Map.entry("nothing", Optional.empty()),
                              Map.entry("json", "{\"a\": 1}"),
                              Map.entry("ids", List.of(1, 2, 3, 99)),
                              Map.entry("words", List.of("a", "b"))),
                          found -> found)
                      .get(0);
              assertThat(row.get("text", String.class)).isEqualTo("it's :text");
              assertThat(row.get("i", Integer.class)).isEqualTo(7);
              assertThat(row.get("i", Long.class)).isEqualTo(7L);
              assertThat(row.get("l", Long.class)).isEqualTo(Long.MAX_VALUE);
              assertThat(row.get("n", BigDecimal.class)).isEqualTo(new BigDecimal("1.50"));
              assertThat(row.get("b", Boolean.class)).isTrue();
              assertThat(row.get("u", UUID.class)).isEqualTo(uuid);
              assertThat(row.get("t", Instant.class)).isEqualTo(time);
              assertThat(row.get("bytes", byte[].class)).containsExactly(1, 0, -1);
              assertThat(row.find("nothing", String.class)).isEmpty();
              assertThat(row.get("json", String.class)).isEqualTo("{\"a\": 1}");
              assertThat(row.get("found", Integer.class)).isEqualTo(3);
              assertThat(row.get("words", Object[].class)).containsExactly("a", "b");
              assertThatThrownBy(() -> row.get("nothing", String.class))
                  .hasMessageContaining("nothing is NULL");
              assertThatThrownBy(() -> row.get("l", Integer.class))
                  .isInstanceOf(IllegalArgumentException.class);
              assertThatThrownBy(() -> row.get("nowhere", String.class))
                  .hasMessageContaining("no column nowhere");
              assertThat(
                      tx.query(
                          "UPDATE accounts SET balance = 1 WHERE id < 3 RETURNING id",
                          Map.of(),
                          changed -> changed.get("id", Integer.class)))
                  .containsExactlyInAnyOrder(1, 2);
            });
    assertThat(balance(persistence, 1)).isEqualTo(1);
  }

  @Test
  void theServersAnswerDecidesWhichCallAStatementIsFor() {
    Persistence persistence = open(2);
    List<Integer> ids =
        persistence
            .transactions()
            .run(
                OPTIONS,
                tx ->
                    tx.query(
                        """
                        -- Data-modifying, and returns rows.
                        WITH changed AS (
                          UPDATE accounts SET balance = balance + 5 WHERE id = 1 RETURNING id
                        )
                        SELECT id FROM changed;
                        """,
                        Map.of(),
                        row -> row.get("id", Integer.class)));
    assertThat(ids).containsExactly(1);
    int changed =
        persistence
            .transactions()
            .run(
                OPTIONS,
                tx ->
                    tx.update(
                        """
                        /* outer /* inner */ still a comment */
                        WITH more AS (SELECT 5 AS amount)
                        UPDATE accounts SET balance = balance + amount FROM more WHERE id = 1
                        """,
                        Map.of()));
    assertThat(changed).isOne();
    assertThat(balance(persistence, 1)).isEqualTo(BALANCE + 10);
    for (String rows :
        List.of(
            "UPDATE accounts SET balance = 0 WHERE id = 1 RETURNING id",
            "SELECT set_config('test.setting', 'x', true)",
            "WITH c AS (DELETE FROM accounts RETURNING id) SELECT count(*) FROM c",
            "VALUES (1)")) {
      assertThatThrownBy(
              () -> persistence.transactions().execute(OPTIONS, tx -> tx.update(rows, Map.of())))
          .as(rows)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("Transaction.query");
    }
    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        OPTIONS,
                        tx -> {
                          assertThatThrownBy(
                                  () ->
                                      tx.query(
                                          "UPDATE accounts SET balance = 0", Map.of(), row -> row))
                              .isInstanceOf(IllegalArgumentException.class)
                              .hasMessageContaining("Transaction.update");
                        }))
        .as("a change that was made by mistake is not committed")
        .isInstanceOf(PersistenceException.class);
    assertThat(balance(persistence, 1)).isEqualTo(BALANCE + 10);
  }

  @Test
  void severalStatementsInOneTextAreRefusedBeforeTheyRun() {
    Persistence persistence = open(2);
    persistence
        .transactions()
        .execute(
            OPTIONS,
            tx -> {
              for (String several :
                  List.of(
                      "UPDATE accounts SET balance = 0; COMMIT",
                      "SELECT 1; SELECT 2",
                      "/* ; */ DELETE FROM accounts; -- x\n DELETE FROM accounts")) {
                assertThatThrownBy(() -> tx.update(several, Map.of()))
                    .as(several)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2 statements");
              }
              assertThatThrownBy(() -> tx.query("-- nothing", Map.of(), row -> row))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessageContaining("no statement");
              assertThat(
                      tx.query(
                          "SELECT ';' AS a, $$;$$ AS b -- ;",
                          Map.of(),
                          row -> row.get("a", String.class)))
                  .containsExactly(";");
              assertThat(
                      tx.update(
                          "DO $$ BEGIN UPDATE accounts SET balance = 7; PERFORM 1; END $$",
                          Map.of()))
                  .isZero();
            });
    assertThat(balance(persistence, 1)).isEqualTo(7);
  }

  @Test
  void refusesStatementsThatCannotBeRight() {
    Persistence persistence = open(2);
    persistence
        .transactions()
        .execute(
            OPTIONS,
            tx -> {
              for (String control :
                  List.of(
                      "COMMIT",
                      " rollback",
                      "-- x\nBEGIN",
                      "/* x */ SAVEPOINT a",
                      ";End",
                      "/* /* */ */ COMMIT",
                      "-- x\rCOMMIT --\nAND NO CHAIN",
                      "PREPARE TRANSACTION 'x'")) {
                assertThatThrownBy(() -> tx.update(control, Map.of()))
                    .as(control)
                    .isInstanceOf(IllegalArgumentException.class);
              }
              assertThatThrownBy(() -> tx.update("UPDATE accounts SET id = :a", Map.of("b", 1)))
                  .hasMessageContaining("[a]")
                  .hasMessageContaining("[b]");
              assertThatThrownBy(() -> tx.update("UPDATE accounts SET id = ?", Map.of()))
                  .hasMessageContaining(":name");
              add(tx, 1, 5);
            });
    assertThat(balance(persistence, 1)).isEqualTo(BALANCE + 5);
    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(OPTIONS.toBuilder().readOnly().build(), tx -> add(tx, 1, 5)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("read-only");
    assertThat(balance(persistence, 1)).isEqualTo(BALANCE + 5);
  }

  @Test
  void constraintIsNamedAndNotRepeatedAtTheStatementNorAtTheCommit() {
    Persistence persistence = open(2);
    assertRefusedOnce(
        persistence,
        "never_negative",
        tx -> {
          add(tx, 2, 5);
          add(tx, 1, -BALANCE - 1);
        });
    assertRefusedOnce(
        persistence,
        "has_account", // checked when COMMIT is sent
        tx -> tx.update("INSERT INTO owners VALUES (:id)", Map.of("id", 77)));
    assertThat(balance(persistence, 2)).isEqualTo(BALANCE);
  }

  private static void assertRefusedOnce(
      Persistence persistence, String constraint, Consumer<Transaction> body) {
    AtomicInteger attempts = new AtomicInteger();
    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        OPTIONS,
                        tx -> {
                          attempts.incrementAndGet();
                          body.accept(tx);
                        }))
        .hasMessageContaining(constraint)
        .satisfies(e -> assertIs(DataError.CONSTRAINT_VIOLATION, false, e));
    assertThat(attempts).hasValue(1);
  }

  @Test
  void settingsAreThoseOfTheBoundaryAndEndWithIt() {
    Persistence persistence = open(1);
    AgentId agent = AgentId.of(UUID.randomUUID());
    String own = settings(persistence, OPTIONS);
    assertThat(
            settings(
                persistence,
                TransactionOptions.builder(Boundary.AGENT_TASK, "task").agent(agent).build()))
        .isEqualTo("read committed|1min|on|agent_" + agent);
    assertThat(settings(persistence, TransactionOptions.of(Boundary.CROSS_SYSTEM, "both")))
        .startsWith("serializable|30s|on|");
    assertThat(settings(persistence, TransactionOptions.of(Boundary.DISTRIBUTED_SAGA, "step")))
        .startsWith("repeatable read|2min|on|");
    assertThat(settings(persistence, OPTIONS)).isEqualTo(own).startsWith("read committed|10s|on|");
  }

  private static String settings(Persistence persistence, TransactionOptions options) {
    return persistence
        .transactions()
        .run(
            options,
            tx ->
                tx.query(
                        """
                        SELECT concat_ws('|', current_setting('transaction_isolation'),
                                 current_setting('idle_in_transaction_session_timeout'),
                                 current_setting('synchronous_commit'),
                                 current_setting('application_name')) AS settings
                        """,
                        Map.of(),
                        row -> row.get("settings", String.class))
                    .get(0));
  }

  @Test
  void backendThatEndsBeforeTheCommitIsReplaced() {
    Persistence persistence = open(2);
    AtomicInteger attempts = new AtomicInteger();
    persistence
        .transactions()
        .execute(
            OPTIONS,
            tx -> {
              add(tx, 1, 5);
              if (attempts.incrementAndGet() == 1) {
                terminate(tx);
              }
              add(tx, 2, -5);
            });
    assertThat(attempts).hasValue(2);
    assertThat(balance(persistence, 1)).isEqualTo(BALANCE + 5);
  }

  @Test
  void backendThatEndsAtTheCommitIsFoundOut() {
    Persistence persistence = open(2);
    AtomicInteger attempts = new AtomicInteger();
    TransactionOptions options = OPTIONS.toBuilder().correlationId(prefix + "-a").build();
    persistence
        .transactions()
        .execute(
            options,
            tx -> {
              add(tx, 1, 5);
              if (attempts.incrementAndGet() == 1) {
                terminate(tx);
              }
            });
    assertThat(attempts).as("not committed, so repeated").hasValue(2);
    assertThat(balance(persistence, 1)).isEqualTo(BALANCE + 5);
    assertThat(persistence.transactions().outcome(prefix + "-a")).isEqualTo(Outcome.COMMITTED);

    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        OPTIONS,
                        tx -> {
                          attempts.incrementAndGet();
                          add(tx, 1, 5);
                          terminate(tx);
                        }))
        .satisfies(e -> assertIs(DataError.OUTCOME_UNKNOWN, true, e));
    assertThat(attempts).as("not repeated").hasValue(3);
  }

  @Test
  void commitWhoseAnswerIsLostIsFoundOut() throws Exception {
    String address = database.replaceFirst("jdbc:postgresql://([^/]+)/.*", "tcp://$1");
    try (TcpProxy proxy = TcpProxy.to(address)) {
      String through =
          database.replaceFirst("//[^/]+/", "//" + proxy.url().replace("nats://", "") + "/");
      Persistence persistence = open(through, 2);
      execute(
          "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON accounts DEFERRABLE INITIALLY DEFERRED"
              + " FOR EACH ROW EXECUTE FUNCTION slow_commit()");
      AtomicInteger attempts = new AtomicInteger();
      ExecutorService threads = Executors.newSingleThreadExecutor();
      try {
        Future<?> run =
            threads.submit(
                () ->
                    persistence
                        .transactions()
                        .execute(
                            OPTIONS.toBuilder().correlationId(prefix + "-b").build(),
                            tx -> {
                              attempts.incrementAndGet();
                              add(tx, 1, 5);
                            }));
        Awaitility.await("COMMIT is under way").atMost(SOON).until(this::isCommitting);
        proxy.refuse(true);
        proxy.refuse(false);
        assertThat(run.get(20, TimeUnit.SECONDS)).isNull();
      } finally {
        threads.shutdownNow();
      }
      assertThat(attempts).as("committed, so not repeated").hasValue(1);
      assertThat(persistence.transactions().outcome(prefix + "-b")).isEqualTo(Outcome.COMMITTED);
      assertThat(balance(persistence, 1)).isEqualTo(BALANCE + 5);
    }
  }

  private boolean isCommitting() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      return statement
          .executeQuery(
              "SELECT FROM pg_stat_activity WHERE datname = current_database()"
                  + " AND wait_event = 'PgSleep' AND query = 'COMMIT'")
          .next();
    }
  }

  @Test
  void transfersAtSerializableLeaveTheSumUnchanged() throws Exception {
    Persistence persistence = open(16);
    int transfers = Boolean.getBoolean("persistence.test.full") ? 10_000 : 320;
    AtomicInteger attempts = new AtomicInteger();
    AtomicInteger committed = new AtomicInteger();
    AtomicInteger gaveUp = new AtomicInteger();
    TransactionOptions options =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "transfer")
            .isolation(Isolation.SERIALIZABLE)
            .timeout(Duration.ofMinutes(1))
            .build();
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < transfers; i++) {
        done.add(
            threads.submit(
                () -> {
                  int mine = attempts.get();
                  try {
                    persistence.transactions().execute(options, tx -> transfer(tx, attempts));
                    committed.incrementAndGet();
                  } catch (PersistenceException e) {
                    assertIs(DataError.TRANSACTION_CONFLICT, true, e);
                    assertThat(e.getSuppressed()).isNotEmpty();
                    gaveUp.incrementAndGet();
                  }
                  return mine;
                }));
      }
      for (Future<?> each : done) {
        assertThat(each.get(10, TimeUnit.MINUTES)).isNotNull();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(committed.get() + gaveUp.get()).isEqualTo(transfers);
    assertThat(committed).hasValueGreaterThan(transfers / 2);
    assertThat(attempts).as("some had to be repeated").hasValueGreaterThan(transfers);
    long sum =
        persistence
            .transactions()
            .run(
                OPTIONS,
                tx ->
                    tx.query(
                            "SELECT sum(balance) AS sum FROM accounts",
                            Map.of(),
                            row -> row.get("sum", Long.class))
                        .get(0));
    assertThat(sum).isEqualTo((long) ROWS * BALANCE);
  }

  private static void transfer(Transaction tx, AtomicInteger attempts) {
    attempts.incrementAndGet();
    int from = ThreadLocalRandom.current().nextInt(ROWS) + 1;
    int to = ThreadLocalRandom.current().nextInt(ROWS) + 1;
    if (balance(tx, from) > 0) {
      add(tx, from, -1);
      add(tx, to, 1);
    }
  }

  @Test
  void nestedCallsDoNotWaitForThemselvesOnAPoolOfOne() {
    Persistence persistence = open(1);
    TransactionOptions independent = OPTIONS.toBuilder().nesting(Nesting.INDEPENDENT).build();
    long began = System.nanoTime();
    persistence
        .transactions()
        .execute(
            OPTIONS,
            outer -> {
              add(outer, 1, 5);
              persistence.transactions().execute(OPTIONS, inner -> add(inner, 2, -5));
              assertThatThrownBy(() -> persistence.transactions().execute(independent, inner -> {}))
                  .satisfies(e -> assertIs(DataError.MISCONFIGURED, false, e));
              assertThatThrownBy(() -> persistence.agents().save(Agent.of("a", "b")))
                  .satisfies(e -> assertIs(DataError.MISCONFIGURED, false, e));
            });
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .as("no wait for acquireTimeout")
        .isLessThan(Duration.ofSeconds(20));
    assertThat(balance(persistence, 1)).isEqualTo(BALANCE + 5);
    assertThat(balance(persistence, 2)).isEqualTo(BALANCE - 5);
  }

  @Test
  void independentCallsOfAllThreadsDoNotWaitForEachOther() throws Exception {
    Persistence persistence = open(4);
    TransactionOptions independent = OPTIONS.toBuilder().nesting(Nesting.INDEPENDENT).build();
    CyclicBarrier allInside = new CyclicBarrier(4);
    AtomicInteger firsts = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    long began = System.nanoTime();
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 1; i <= 4; i++) {
        int id = i;
        done.add(
            threads.submit(
                () ->
                    persistence
                        .transactions()
                        .execute(
                            OPTIONS,
                            outer -> {
                              add(outer, id, 1);
                              if (firsts.incrementAndGet() <= 4) {
                                await(allInside);
                              }
                              persistence
                                  .transactions()
                                  .execute(independent, inner -> add(inner, id + 4, 1));
                            })));
      }
      for (Future<?> each : done) {
        assertThat(each.get(25, TimeUnit.SECONDS)).isNull();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .as("no wait for acquireTimeout")
        .isLessThan(Duration.ofSeconds(25));
    for (int id = 1; id <= 4; id++) {
      assertThat(balance(persistence, id)).isEqualTo(BALANCE + 1);
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(15, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("not all threads came", e);
    }
  }

  @Test
  void joinsATransactionOfTheApplication() throws SQLException {
    Persistence persistence = open(2);
    Agent kept = Agent.of("joined", "one");
    Agent dropped = Agent.of("joined", "two");
    TransactionOptions options = OPTIONS.toBuilder().correlationId(prefix + "-c").build();
    try (Connection connection = connect()) {
      assertThatThrownBy(
              () -> ApplicationTransaction.join(persistence, connection, OPTIONS, tx -> 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("setAutoCommit(false)");
      connection.setAutoCommit(false);
      assertThatThrownBy(
              () ->
                  ApplicationTransaction.join(
                      persistence,
                      connection,
                      OPTIONS.toBuilder().isolation(Isolation.SERIALIZABLE).build(),
                      tx -> 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("SERIALIZABLE");
      ApplicationTransaction.join(
          persistence, connection, options, tx -> tx.agents().save(kept).revision());
      IllegalArgumentException own = new IllegalArgumentException("of the body");
      assertThatThrownBy(
              () ->
                  ApplicationTransaction.join(
                      persistence,
                      connection,
                      OPTIONS,
                      tx -> {
                        tx.agents().save(dropped);
                        throw own;
                      }))
          .isSameAs(own);
      assertThat(persistence.agents().find(kept.id())).as("not committed yet").isEmpty();
      connection.commit();
      assertThat(connection.isClosed()).isFalse();
    }
    assertThat(persistence.agents().find(kept.id())).isPresent();
    assertThat(persistence.agents().find(dropped.id())).isEmpty();
    assertThat(persistence.transactions().outcome(prefix + "-c")).isEqualTo(Outcome.COMMITTED);
  }

  @Test
  void joinsAHandleOfJdbiThatRollsBack() {
    Persistence persistence = open(2);
    Agent agent = Agent.of("joined", "three");
    Jdbi jdbi = Jdbi.create(this::connect);
    try (Handle handle = jdbi.open()) {
      handle.begin();
      handle.execute("UPDATE accounts SET balance = 7 WHERE id = 1");
      assertThat(
              ApplicationTransaction.<Long>join(
                  persistence,
                  handle,
                  OPTIONS,
                  tx -> {
                    tx.agents().save(agent);
                    return balance(tx, 1);
                  }))
          .isEqualTo(7);
      handle.rollback();
    }
    assertThat(persistence.agents().find(agent.id())).isEmpty();
    assertThat(balance(persistence, 1)).isEqualTo(BALANCE);
  }
}
