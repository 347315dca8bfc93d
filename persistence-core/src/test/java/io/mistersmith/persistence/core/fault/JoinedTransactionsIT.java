package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.ApplicationTransaction;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import io.mistersmith.persistence.transaction.TransactionRunner.Outcome;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** This library's rows in transactions that the application begins and ends itself. */
@Tag("fault")
class JoinedTransactionsIT {

  private final Accounts accounts = new Accounts();

  @AfterEach
  void close() {
    accounts.close();
  }

  @Test
  void joinsATransactionOfTheApplication() throws SQLException {
    Persistence persistence = accounts.open(2);
    Agent kept = Agent.of("joined", "one");
    Agent dropped = Agent.of("joined", "two");
    TransactionOptions options =
        Accounts.OPTIONS.toBuilder().correlationId(accounts.correlationId("c")).build();
    try (Connection connection = accounts.connect()) {
      assertThatThrownBy(
              () -> ApplicationTransaction.join(persistence, connection, Accounts.OPTIONS, tx -> 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("setAutoCommit(false)");
      connection.setAutoCommit(false);
      assertThatThrownBy(
              () ->
                  ApplicationTransaction.join(
                      persistence,
                      connection,
                      Accounts.OPTIONS.toBuilder().isolation(Isolation.SERIALIZABLE).build(),
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
                      Accounts.OPTIONS,
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
    assertThat(persistence.transactions().outcome(accounts.correlationId("c")))
        .isEqualTo(Outcome.COMMITTED);
  }

  @Test
  void messagesThatItAcknowledgesAreMarked() throws SQLException {
    Persistence persistence = accounts.open(2);
    Agent agent = Agent.of("joined", "receiver");
    persistence.agents().save(agent);
    Message.Id id =
        persistence
            .messages()
            .append(Draft.of(Message.Type.COMMAND, "work").to(agent.id()).build());
    try (Connection connection = accounts.connect()) {
      connection.setAutoCommit(false);
      int acknowledged =
          ApplicationTransaction.join(
              persistence,
              connection,
              Accounts.OPTIONS,
              tx ->
                  tx.messages()
                      .acknowledgeAll(
                          tx.messages().receive(agent.id(), 1, Duration.ofSeconds(30))));
      assertThat(acknowledged).isEqualTo(1);
      assertThat(persistence.messages().find(id).orElseThrow().marks().processedAt()).isEmpty();
      connection.commit();
    }
    assertThat(persistence.messages().find(id).orElseThrow().marks().processedAt()).isPresent();
    assertThat(persistence.messages().find(id).orElseThrow().marks().attempts()).isEqualTo(1);
  }

  @Test
  void aTransactionThatIsAbortedIsRefusedAsATypedFailure() throws SQLException {
    Persistence persistence = accounts.open(2);
    try (Connection connection = accounts.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      assertThatThrownBy(() -> statement.execute("SELECT 1 / 0")).isInstanceOf(SQLException.class);
      assertThatThrownBy(
              () -> ApplicationTransaction.join(persistence, connection, Accounts.OPTIONS, tx -> 1))
          .hasMessageContaining("25P02")
          .hasMessageContaining("can only be rolled back")
          .satisfies(e -> Accounts.assertIs(DataError.MISCONFIGURED, false, e));
      connection.rollback();
    }
  }

  @Test
  void connectionOfTheApplicationIsNotTakenForOneOfTheLibrarysPool() throws SQLException {
    Persistence persistence = accounts.open(1);
    Agent agent = Agent.of("joined", "four");
    try (Connection connection = accounts.connect()) {
      connection.setAutoCommit(false);
      ApplicationTransaction.join(
          persistence, connection, Accounts.OPTIONS, tx -> persistence.agents().save(agent));
      connection.rollback();
    }
    assertThat(persistence.agents().find(agent.id())).isPresent();
  }

  @Test
  void failuresOnItsConnectionPrintNoValuesAndHarmNoPool() throws SQLException {
    Persistence persistence = accounts.open(1);
    int before = session(persistence);
    try (Connection connection = accounts.connect()) {
      connection.setAutoCommit(false);
      assertThatThrownBy(
              () ->
                  ApplicationTransaction.join(
                      persistence,
                      connection,
                      Accounts.OPTIONS,
                      tx -> tx.update("INSERT INTO accounts VALUES (1, 4711)", Map.of())))
          .satisfies(e -> Accounts.assertIs(DataError.DUPLICATE_KEY, false, e))
          .satisfies(
              e -> assertThat(printed(e)).contains("accounts_pkey").doesNotContain("(id)=(1)"));
      connection.rollback();
      connection.setNetworkTimeout(Runnable::run, 100);
      assertThatThrownBy(
              () ->
                  ApplicationTransaction.join(
                      persistence,
                      connection,
                      Accounts.OPTIONS,
                      tx -> tx.query("SELECT pg_sleep(1)", Map.of(), row -> 1)))
          .satisfies(e -> Accounts.assertIs(DataError.CONNECTION_FAILED, true, e));
    }
    assertThat(session(persistence)).as("answers at once, on the same session").isEqualTo(before);
  }

  private static String printed(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static int session(Persistence persistence) {
    return persistence
        .transactions()
        .run(
            Accounts.OPTIONS,
            tx ->
                tx.query(
                        "SELECT pg_backend_pid() AS pid",
                        Map.of(),
                        row -> row.get("pid", Integer.class))
                    .get(0));
  }

  @Test
  void joinsAHandleOfJdbiThatRollsBack() {
    Persistence persistence = accounts.open(2);
    Agent agent = Agent.of("joined", "three");
    Jdbi jdbi = Jdbi.create(accounts::connect);
    try (Handle handle = jdbi.open()) {
      handle.begin();
      handle.execute("UPDATE accounts SET balance = 7 WHERE id = 1");
      assertThat(
              ApplicationTransaction.<Long>join(
                  persistence,
                  handle,
                  Accounts.OPTIONS,
                  tx -> {
                    tx.agents().save(agent);
                    return Accounts.balance(tx, 1);
                  }))
          .isEqualTo(7);
      handle.rollback();
    }
    assertThat(persistence.agents().find(agent.id())).isEmpty();
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE);
  }
}
