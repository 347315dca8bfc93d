package io.mistersmith.persistence.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.saga.RowChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.StepRefusedException;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Steps that change a row of the application's table, and their compensation. */
@Tag("contract")
@Tag("newest")
class SagaRowsIT {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String ORDERS = "public.orders";

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "look at orders");

  private final PersistenceFixture fixture = RealServers.withSets();
  private final AtomicInteger sagas = new AtomicInteger();
  private Persistence persistence;

  @BeforeEach
  void open() {
    persistence = fixture.open(fixture.config().build());
    int unused =
        run(
            tx ->
                tx.update(
                    """
                    CREATE TABLE public.orders (
                      id INTEGER PRIMARY KEY,
                      number BIGINT GENERATED ALWAYS AS IDENTITY,
                      state TEXT NOT NULL,
                      amount NUMERIC(20, 4),
                      doubled NUMERIC GENERATED ALWAYS AS (amount * 2) STORED,
                      at TIMESTAMPTZ,
                      tags TEXT[],
                      bytes BYTEA,
                      data JSONB
                    )
                    """,
                    Map.of()));
    for (int id = 1; id <= 2; id++) {
      unused =
          run(
              tx ->
                  tx.update(
                      """
                      INSERT INTO public.orders (id, state, amount, at, tags, bytes, data)
                      VALUES ((SELECT count(*) + 1 FROM public.orders), 'new',
                              12345678901234.5678, '2026-01-01 12:00:00.123456+02', '{a,"b,c"}',
                              '\\x00ff', '{"n": 1.50, "big": 12345678901234567890}')
                      """,
                      Map.of()));
    }
  }

  @AfterEach
  void close() {
    persistence.close(Duration.ofSeconds(2));
    fixture.close();
  }

  private <T> T run(Function<Transaction, T> body) {
    return persistence.transactions().run(OPTIONS, body);
  }

  private List<String> rows() {
    return run(
        tx ->
            tx.query(
                "SELECT CAST(to_jsonb(o) AS text) AS one FROM public.orders AS o ORDER BY id",
                Map.of(),
                row -> row.get("one", String.class)));
  }

  private int update(String sql) {
    return run(tx -> tx.update(sql, Map.of()));
  }

  /** Under a name of its own: a runner that was started before knows other steps. */
  private SagaRun over(SagaStep... steps) {
    Saga.Builder saga = Saga.builder("rows " + sagas.incrementAndGet(), 1);
    for (SagaStep step : steps) {
      saga = saga.step(step);
    }
    Saga built = saga.build();
    SagaRunner unused = persistence.sagas().startRunner(SagaRunner.Options.of(2), List.of(built));
    UUID id = persistence.sagas().start(built, SagaStart.of(Map.of()).withCorrelationId("work-1"));
    return persistence.sagas().await(id, SOON).orElseThrow();
  }

  private static SagaStep insert() {
    return SagaStep.row(
        "insert",
        context ->
            RowChange.insert(
                ORDERS,
                Map.of(
                    "id",
                    3,
                    "state",
                    "new",
                    "amount",
                    new BigDecimal("98765432109876.5432"),
                    "at",
                    Instant.parse("2026-12-01T10:00:00.5Z"),
                    "tags",
                    List.of("x", "y"),
                    "bytes",
                    new byte[] {0, (byte) 255},
                    "data",
                    Map.of("text", "é"))));
  }

  private static SagaStep update() {
    return SagaStep.row(
        "update",
        context ->
            RowChange.update(
                ORDERS, Map.of("id", 1), Map.of("state", "paid", "amount", Optional.empty())));
  }

  private static SagaStep delete() {
    return SagaStep.row("delete", context -> RowChange.delete(ORDERS, Map.of("id", 2)));
  }

  private static SagaStep refuses() {
    return SagaStep.call(
        "refuses",
        context -> {
          throw new StepRefusedException("no");
        });
  }

  @Test
  void rowsAreChanged() {
    assertThat(over(insert(), update(), delete()).state()).isEqualTo(State.COMPLETED);
    assertThat(rows())
        .hasSize(2)
        .anySatisfy(row -> assertThat(row).contains("\"state\": \"paid\"", "\"amount\": null"))
        .anySatisfy(
            row ->
                assertThat(row)
                    .contains(
                        "\"amount\": 98765432109876.5432",
                        "\"bytes\": \"\\\\x00ff\"",
                        "\"data\": {\"text\": \"é\"}",
                        "\"tags\": [\"x\", \"y\"]"));
  }

  @Test
  void rowsAreChangedBackExactly() {
    List<String> before = rows();
    assertThat(over(insert(), update(), delete(), refuses()).state()).isEqualTo(State.COMPENSATED);
    assertThat(rows()).isEqualTo(before);
  }

  @Test
  void whatOthersChangedIsNotChangedBack() {
    for (String change :
        List.of(
            "UPDATE public.orders SET state = 'theirs' WHERE id = 1",
            "DELETE FROM public.orders WHERE id = 1")) {
      SagaStep theirs =
          SagaStep.call(
              "theirs",
              context -> {
                assertThat(update(change)).isEqualTo(1);
                throw new StepRefusedException("no");
              });
      SagaRun stopped = over(update(), theirs);
      assertThat(stopped.state()).isEqualTo(State.COMPENSATION_FAILED);
      assertThat(stopped.reason().orElseThrow()).contains("changed by others");
      assertThat(rows()).noneMatch(row -> row.contains("\"id\": 1,") && row.contains("\"new\""));
      assertThat(persistence.sagas().giveUp(stopped.id(), "seen to")).isTrue();
    }
  }

  @Test
  void aRowThatIsAsBeforeCountsAsChangedBack() {
    List<String> before = rows();
    SagaStep theirs =
        SagaStep.call(
            "theirs",
            context -> {
              int unused = update("UPDATE public.orders SET state = 'theirs' WHERE id = 1");
              throw new StepRefusedException("no");
            });
    SagaRun stopped = over(update(), theirs);
    assertThat(stopped.state()).isEqualTo(State.COMPENSATION_FAILED);
    int unused =
        update("UPDATE public.orders SET state = 'new', amount = 12345678901234.5678 WHERE id = 1");
    assertThat(persistence.sagas().resume(stopped.id())).isTrue();
    assertThat(persistence.sagas().await(stopped.id(), SOON).orElseThrow().state())
        .isEqualTo(State.COMPENSATED);
    assertThat(rows()).isEqualTo(before);
  }

  @Test
  void aRowThatIsNotThereFailsTheStep() {
    SagaStep missing =
        SagaStep.row(
            "missing",
            context -> RowChange.update(ORDERS, Map.of("id", 9), Map.of("state", "paid")));
    SagaRun undone = over(missing);
    assertThat(undone.state()).isEqualTo(State.COMPENSATED);
    assertThat(undone.reason().orElseThrow()).contains("0 rows have the key [id]");
  }

  @Test
  void transactionsShowTheCorrelationId() {
    SagaStep looks =
        SagaStep.inTransaction(
            "looks",
            (context, tx) ->
                Map.of(
                    "name",
                    tx.query(
                            "SELECT current_setting('application_name') AS name",
                            Map.of(),
                            row -> row.get("name", String.class))
                        .get(0)));
    SagaRun run = over(looks);
    assertThat(persistence.sagas().log(run.id()).get(0).data())
        .isEqualTo(Map.of("name", "saga_work-1"));
  }
}
