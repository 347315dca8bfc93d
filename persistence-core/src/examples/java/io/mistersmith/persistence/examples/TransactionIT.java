package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.core.ApplicationTransaction;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.testkit.SharedStores;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionRunner;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** An agent's task in one transaction, with rows of the application and of the library. */
class TransactionIT {

  private final PostgresServer postgres = TestServers.postgres();

  @Test
  void booksInOneTransaction() throws SQLException {
    try (Connection connection = connect();
        SharedStores stores = SharedStores.onServers("example-tx-")) {
      Persistence persistence = stores.runtime();
      connection
          .createStatement()
          .execute("CREATE TABLE IF NOT EXISTS budgets (agent UUID PRIMARY KEY, cents BIGINT)");
      Agent agent = persistence.agents().save(Agent.of("buyer", "Ada")).value();
      persistence
          .transactions()
          .execute(
              TransactionOptions.of(Boundary.SINGLE_OPERATION, "give a budget"),
              tx ->
                  tx.update(
                      "INSERT INTO budgets VALUES (:agent, :cents)",
                      Map.of("agent", agent.id(), "cents", 1_000)));
      String order = "order-" + UUID.randomUUID();

      long left = buy(persistence, agent, order, 300);
      assertThat(left).isEqualTo(700);
      assertThat(persistence.transactions().outcome(order))
          .isEqualTo(TransactionRunner.Outcome.COMMITTED);

      assertThat(count(persistence, persistence.transactions().position().text())).isPositive();

      connection.setAutoCommit(false);
      join(persistence, connection, agent);
      connection.rollback();
      assertThat(persistence.lifecycleEvents().list(agent.id(), 9))
          .noneMatch(event -> event.type().equals("audited"));
      persistence.agents().delete(agent.id());
    }
  }

  private static long count(Persistence persistence, String position) {
    TransactionOptions report =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "count the budgets")
            .readFrom(PostgresRole.REPLICA)
            .build();
    TransactionRunner transactions = persistence.transactions();
    transactions.observe(new TransactionRunner.Position(position)); // of another process
    return transactions
        .run(
            report,
            tx ->
                tx.query(
                    "SELECT count(*) AS budgets FROM budgets",
                    Map.of(),
                    row -> row.get("budgets", Long.class)))
        .get(0);
  }

  private static long buy(Persistence persistence, Agent agent, String order, long cents) {
    TransactionOptions options =
        TransactionOptions.builder(Boundary.AGENT_TASK, "buy " + order)
            .correlationId(order) // committed once, and found by it
            .shared(true) // REPEATABLE_READ, repeated where another buyer was faster
            .validate(tx -> balance(tx, agent) < 0 ? Optional.of("over budget") : Optional.empty())
            .build();
    return persistence
        .transactions()
        .run(
            options,
            tx -> {
              tx.update(
                  "UPDATE budgets SET cents = cents - :cents WHERE agent = :agent",
                  Map.of("cents", cents, "agent", agent.id()));
              tx.lifecycleEvents()
                  .record(
                      LifecycleEvent.of(
                          agent.id(), "bought", Map.of("order", order), Instant.now()));
              return balance(tx, agent);
            });
  }

  private static long balance(Transaction tx, Agent agent) {
    return tx.query(
            "SELECT cents FROM budgets WHERE agent = :agent",
            Map.of("agent", agent.id()),
            row -> row.get("cents", Long.class))
        .get(0);
  }

  private static void join(Persistence persistence, Connection connection, Agent agent) {
    TransactionOptions options = TransactionOptions.of(Boundary.SINGLE_OPERATION, "note an audit");
    boolean unused =
        ApplicationTransaction.join(
            persistence,
            connection,
            options,
            tx ->
                tx.lifecycleEvents()
                    .record(LifecycleEvent.of(agent.id(), "audited", Map.of(), Instant.now())));
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(
        postgres.jdbcUrl(), postgres.user(), postgres.password().orElse(null));
  }
}
