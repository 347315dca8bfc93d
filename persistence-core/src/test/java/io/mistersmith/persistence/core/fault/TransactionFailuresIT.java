package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionRunner.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Transactions of the application that a constraint refuses, or whose connection is lost. */
@Tag("fault")
class TransactionFailuresIT {

  private final Accounts accounts = new Accounts();

  @AfterEach
  void close() {
    accounts.close();
  }

  @Test
  void constraintIsNamedAndNotRepeatedAtTheStatementNorAtTheCommit() {
    Persistence persistence = accounts.open(2);
    assertRefusedOnce(
        persistence,
        "never_negative",
        tx -> {
          Accounts.add(tx, 2, 5);
          Accounts.add(tx, 1, -Accounts.BALANCE - 1);
        });
    assertRefusedOnce(
        persistence,
        "has_account", // checked when COMMIT is sent
        tx -> tx.update("INSERT INTO owners VALUES (:id)", Map.of("id", 77)));
    assertThat(Accounts.balance(persistence, 2)).isEqualTo(Accounts.BALANCE);
  }

  private static void assertRefusedOnce(
      Persistence persistence, String constraint, Consumer<Transaction> body) {
    AtomicInteger attempts = new AtomicInteger();
    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        Accounts.OPTIONS,
                        tx -> {
                          attempts.incrementAndGet();
                          body.accept(tx);
                        }))
        .hasMessageContaining(constraint)
        .satisfies(e -> Accounts.assertIs(DataError.CONSTRAINT_VIOLATION, false, e));
    assertThat(attempts).hasValue(1);
  }

  @Test
  void backendThatEndsBeforeTheCommitIsReplaced() {
    Persistence persistence = accounts.open(2);
    AtomicInteger attempts = new AtomicInteger();
    persistence
        .transactions()
        .execute(
            Accounts.OPTIONS,
            tx -> {
              Accounts.add(tx, 1, 5);
              if (attempts.incrementAndGet() == 1) {
                terminate(tx);
              }
              Accounts.add(tx, 2, -5);
            });
    assertThat(attempts).hasValue(2);
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 5);
  }

  @Test
  void backendThatEndsBeforeOrInNestedWorkIsReplaced() {
    Persistence persistence = accounts.open(2);
    AtomicInteger attempts = new AtomicInteger();
    persistence
        .transactions()
        .execute(
            Accounts.OPTIONS,
            tx -> {
              Accounts.add(tx, 1, 5);
              int attempt = attempts.incrementAndGet();
              if (attempt == 1) {
                terminate(tx);
              }
              int unused =
                  tx.nested(
                      () -> {
                        Accounts.add(tx, 2, -5);
                        if (attempt == 2) {
                          terminate(tx); // so that the savepoint is not released
                        }
                        return 1;
                      });
            });
    assertThat(attempts).hasValue(3);
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 5);
    assertThat(Accounts.balance(persistence, 2)).isEqualTo(Accounts.BALANCE - 5);
  }

  @Test
  void backendThatEndsAtTheCommitOfReadsIsReplaced() {
    Persistence persistence = accounts.open(2);
    AtomicInteger attempts = new AtomicInteger();
    long balance =
        persistence
            .transactions()
            .run(
                Accounts.OPTIONS.toBuilder().readOnly().build(),
                tx -> {
                  if (attempts.incrementAndGet() == 1) {
                    terminate(tx);
                    return 0L;
                  }
                  return Accounts.balance(tx, 1);
                });
    assertThat(balance).isEqualTo(Accounts.BALANCE);
    assertThat(attempts).hasValue(2);
  }

  @Test
  void backendThatEndsAtTheCommitIsFoundOut() {
    Persistence persistence = accounts.open(2);
    AtomicInteger attempts = new AtomicInteger();
    TransactionOptions options =
        Accounts.OPTIONS.toBuilder().correlationId(accounts.correlationId("a")).build();
    persistence
        .transactions()
        .execute(
            options,
            tx -> {
              Accounts.add(tx, 1, 5);
              if (attempts.incrementAndGet() == 1) {
                terminate(tx);
              }
            });
    assertThat(attempts).as("not committed, so repeated").hasValue(2);
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 5);
    assertThat(persistence.transactions().outcome(accounts.correlationId("a")))
        .isEqualTo(Outcome.COMMITTED);

    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        Accounts.OPTIONS,
                        tx -> {
                          attempts.incrementAndGet();
                          Accounts.add(tx, 1, 5);
                          terminate(tx);
                        }))
        .satisfies(e -> Accounts.assertIs(DataError.OUTCOME_UNKNOWN, true, e));
    assertThat(attempts).as("not repeated").hasValue(3);
  }

  @Test
  void commitsThatAreFoundNotToHaveBeenMadeLeaveNothingUnknown() {
    Persistence persistence = accounts.open(2);
    AtomicInteger attempts = new AtomicInteger();
    TransactionOptions options =
        Accounts.OPTIONS.toBuilder().correlationId(accounts.correlationId("d")).build();
    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        options,
                        tx -> {
                          attempts.incrementAndGet();
                          Accounts.add(tx, 1, 5);
                          terminate(tx);
                        }))
        .hasMessageContaining("nothing was applied")
        .satisfies(e -> Accounts.assertIs(DataError.CONNECTION_FAILED, true, e));
    assertThat(attempts).hasValue(3);
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE);
  }

  @Test
  void commitThatIsLostIsNotFoundByTheRowOfAnotherWithItsId() throws Exception {
    Persistence persistence = accounts.open(2);
    TransactionOptions options =
        Accounts.OPTIONS.toBuilder().correlationId(accounts.correlationId("c")).build();
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      assertThatThrownBy(
              () ->
                  persistence
                      .transactions()
                      .execute(
                          options,
                          tx -> {
                            Accounts.add(tx, 1, 5);
                            terminate(tx);
                            await(
                                threads.submit(
                                    () ->
                                        persistence
                                            .transactions()
                                            .execute(options, other -> Accounts.add(other, 2, 7))));
                          }))
          .satisfies(e -> Accounts.assertIs(DataError.DUPLICATE_KEY, false, e));
    } finally {
      threads.shutdownNow();
    }
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE);
    assertThat(Accounts.balance(persistence, 2)).isEqualTo(Accounts.BALANCE + 7);
  }

  private static void await(Future<?> other) {
    try {
      assertThat(other.get(60, TimeUnit.SECONDS)).isNull();
    } catch (Exception e) {
      throw new AssertionError("the other transaction failed", e);
    }
  }

  @Test
  void commitWhoseAnswerIsLostIsFoundOut() throws Exception {
    String address = accounts.jdbcUrl().replaceFirst("jdbc:postgresql://([^/]+)/.*", "tcp://$1");
    try (TcpProxy proxy = TcpProxy.to(address)) {
      String through =
          accounts
              .jdbcUrl()
              .replaceFirst("//[^/]+/", "//" + proxy.url().replace("nats://", "") + "/");
      Persistence persistence = accounts.open(through, 2);
      accounts.execute(
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
                            Accounts.OPTIONS.toBuilder()
                                .correlationId(accounts.correlationId("b"))
                                .build(),
                            tx -> {
                              attempts.incrementAndGet();
                              Accounts.add(tx, 1, 5);
                            }));
        Awaitility.await("COMMIT is under way").atMost(Accounts.SOON).until(this::isCommitting);
        proxy.refuse(true);
        proxy.refuse(false);
        assertThat(run.get(60, TimeUnit.SECONDS)).isNull();
      } finally {
        threads.shutdownNow();
      }
      assertThat(attempts).as("committed, so not repeated").hasValue(1);
      assertThat(persistence.transactions().outcome(accounts.correlationId("b")))
          .isEqualTo(Outcome.COMMITTED);
      assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 5);
    }
  }

  private boolean isCommitting() throws SQLException {
    try (Connection connection = accounts.connect();
        Statement statement = connection.createStatement()) {
      return statement
          .executeQuery(
              "SELECT FROM pg_stat_activity WHERE datname = current_database()"
                  + " AND wait_event = 'PgSleep' AND query = 'COMMIT'")
          .next();
    }
  }

  private void terminate(Transaction tx) {
    int backend =
        tx.query("SELECT pg_backend_pid() AS pid", Map.of(), row -> row.get("pid", Integer.class))
            .get(0);
    accounts.execute("SELECT pg_terminate_backend(" + backend + ", 5000)");
  }
}
