package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Statements of the application, by text and named parameters, on a real PostgreSQL. */
@Tag("fault")
class TransactionStatementsIT {

  private final Accounts accounts = new Accounts();

  @AfterEach
  void close() {
    accounts.close();
  }

  @Test
  void nestedWorkThatFailedLeavesNoLevelOnTheServer() {
    Persistence persistence = accounts.open(2);
    persistence
        .transactions()
        .execute(
            Accounts.OPTIONS,
            tx -> {
              long before = levels(tx);
              for (int i = 0; i < 10; i++) {
                assertThatThrownBy(
                        () ->
                            tx.nested(
                                () -> tx.update("INSERT INTO owners VALUES (NULL)", Map.of())))
                    .isInstanceOf(PersistenceException.class);
              }
              assertThat(levels(tx)).isEqualTo(before);
            });
  }

  /** Each subtransaction has memory of its own. */
  private static long levels(Transaction tx) {
    return tx.query(
            "SELECT count(*) AS levels FROM pg_backend_memory_contexts"
                + " WHERE name = 'CurTransactionContext'",
            Map.of(),
            row -> row.get("levels", Long.class))
        .get(0);
  }

  @Test
  void aWriteAmongReadsIsRefusedOnceAlsoWhereTheBodyGoesOn() {
    Persistence persistence = accounts.open(2);
    AtomicInteger attempts = new AtomicInteger();
    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        Accounts.OPTIONS.toBuilder().readOnly().build(),
                        tx -> {
                          attempts.incrementAndGet();
                          assertThatThrownBy(() -> Accounts.add(tx, 1, 5))
                              .isInstanceOf(IllegalStateException.class)
                              .hasMessageContaining("read-only");
                        }))
        .satisfies(e -> Accounts.assertIs(DataError.MISCONFIGURED, false, e));
    assertThat(attempts).hasValue(1);
  }

  @Test
  void saysNothingOfTheLibrarysTablesWhereTheApplicationsOwnAreMeant() {
    Persistence persistence = accounts.open(2);
    for (String wrong :
        List.of(
            "UPDATE acounts SET id = 1",
            "UPDATE accounts SET balance = CAST('x' AS bigint)",
            "INSERT INTO owners VALUES (99)")) {
      assertThatThrownBy(
              () ->
                  persistence
                      .transactions()
                      .execute(
                          Accounts.OPTIONS,
                          tx -> {
                            tx.update("SET CONSTRAINTS ALL IMMEDIATE", Map.of());
                            tx.update(wrong, Map.of());
                          }))
          .as(wrong)
          .isInstanceOf(PersistenceException.class)
          .hasMessageContaining("SQLSTATE")
          .hasMessageNotContainingAny("migrations", "agent", "JSON");
    }
  }

  @Test
  void mapsParametersAndColumns() {
    UUID uuid = UUID.randomUUID();
    Instant time = Instant.now().truncatedTo(ChronoUnit.MICROS);
    Persistence persistence = accounts.open(2);
    persistence
        .transactions()
        .execute(
            Accounts.OPTIONS,
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
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(1);
  }

  @Test
  void theServersAnswerDecidesWhichCallAStatementIsFor() {
    Persistence persistence = accounts.open(2);
    List<Integer> ids =
        persistence
            .transactions()
            .run(
                Accounts.OPTIONS,
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
                Accounts.OPTIONS,
                tx ->
                    tx.update(
                        """
                        /* outer /* inner */ still a comment */
                        WITH more AS (SELECT 5 AS amount)
                        UPDATE accounts SET balance = balance + amount FROM more WHERE id = 1
                        """,
                        Map.of()));
    assertThat(changed).isOne();
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 10);
    for (String rows :
        List.of(
            "UPDATE accounts SET balance = 0 WHERE id = 1 RETURNING id",
            "SELECT set_config('test.setting', 'x', true)",
            "WITH c AS (DELETE FROM accounts RETURNING id) SELECT count(*) FROM c",
            "VALUES (1)")) {
      assertThatThrownBy(
              () ->
                  persistence
                      .transactions()
                      .execute(Accounts.OPTIONS, tx -> tx.update(rows, Map.of())))
          .as(rows)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("Transaction.query");
    }
    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        Accounts.OPTIONS,
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
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 10);
  }

  @Test
  void severalStatementsInOneTextAreRefusedBeforeTheyRun() {
    Persistence persistence = accounts.open(2);
    persistence
        .transactions()
        .execute(
            Accounts.OPTIONS,
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
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(7);
  }

  @Test
  void refusesStatementsThatCannotBeRight() {
    Persistence persistence = accounts.open(2);
    persistence
        .transactions()
        .execute(
            Accounts.OPTIONS,
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
                      "PREPARE TRANSACTION 'x'",
                      "PREPARE/**/TRANSACTION 'x'",
                      "SET synchronous_commit = off",
                      "SET /* LOCAL */ search_path = pg_catalog",
                      "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
                      "RESET ALL",
                      "discard plans")) {
                assertThatThrownBy(() -> tx.update(control, Map.of()))
                    .as(control)
                    .isInstanceOf(IllegalArgumentException.class);
              }
              assertThat(tx.update("SET LOCAL search_path = public", Map.of())).isZero();
              List<Integer> ids = Arrays.asList(null, 1);
              assertThat(
                      tx.query(
                          "SELECT id FROM accounts WHERE id = ANY (:ids)",
                          Map.of("ids", ids),
                          row -> row.get("id", Integer.class)))
                  .containsExactly(1);
              assertThatThrownBy(() -> tx.update("UPDATE accounts SET id = :a", Map.of("b", 1)))
                  .hasMessageContaining("[a]")
                  .hasMessageContaining("[b]");
              assertThatThrownBy(() -> tx.update("UPDATE accounts SET id = ?", Map.of()))
                  .hasMessageContaining(":name");
              Accounts.add(tx, 1, 5);
            });
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 5);
    assertThatThrownBy(
            () ->
                persistence
                    .transactions()
                    .execute(
                        Accounts.OPTIONS.toBuilder().readOnly().build(),
                        tx -> Accounts.add(tx, 1, 5)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("read-only");
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 5);
  }

  @Test
  void settingsAreThoseOfTheBoundaryAndEndWithIt() {
    Persistence persistence = accounts.open(1);
    AgentId agent = AgentId.of(UUID.randomUUID());
    String own = settings(persistence, Accounts.OPTIONS);
    assertThat(
            settings(
                persistence,
                TransactionOptions.builder(Boundary.AGENT_TASK, "task").agent(agent).build()))
        .isEqualTo("read committed|1min|on|agent_" + agent);
    assertThat(settings(persistence, TransactionOptions.of(Boundary.CROSS_SYSTEM, "both")))
        .startsWith("serializable|30s|on|");
    assertThat(settings(persistence, TransactionOptions.of(Boundary.DISTRIBUTED_SAGA, "step")))
        .startsWith("repeatable read|2min|on|");
    assertThat(settings(persistence, Accounts.OPTIONS))
        .isEqualTo(own)
        .startsWith("read committed|10s|on|");
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
}
