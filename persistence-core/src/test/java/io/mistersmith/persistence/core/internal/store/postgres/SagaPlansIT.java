package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Claim;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How PostgreSQL finds runs of sagas: among 100,000 that have ended, 10,000 that have living
 * owners, and 5,000 that are due, of definitions that no runner knows.
 */
@Tag("contract")
class SagaPlansIT {

  private static final Definition ORDER = new Definition("order", 1);
  private static final Definition REFUND = new Definition("refund", 1);

  /** The pages of the whole plan, which come first. */
  private static final Pattern PAGES =
      Pattern.compile("Buffers: shared hit=(\\d+)(?: read=(\\d+))?");

  private static PostgresDatabase database;

  @BeforeAll
  static void fill() {
    database = PostgresDatabase.create();
    // VACUUM marks only pages as visible to all whose transactions are flushed.
    database.execute(
        """
        SET synchronous_commit = on;
        INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, started_at)
        SELECT ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
               CASE WHEN i > 110000 THEN 'old' WHEN i % 2 = 0 THEN 'order' ELSE 'refund' END, 1,
               '{reserve,pay}', jsonb_build_object('n', i), 'work ' || i / 3,
               now() - INTERVAL '10 d' + i * INTERVAL '1 s'
          FROM generate_series(1, 115000) AS i;
        INSERT INTO sagas.log (saga_id, position, run_number, event, step, data, at)
        SELECT r.saga_id, p, 1, CASE WHEN p = 3 THEN 'ended' ELSE 'done' END,
               CASE WHEN p < 3 THEN r.steps[p] END,
               CASE WHEN p = 3 AND (r.input ->> 'n')::int % 1000 = 0 THEN '{"state": "GIVEN_UP"}'
                    WHEN p = 3 THEN '{"state": "COMPLETED"}' ELSE '{}' END::jsonb, r.started_at
          FROM sagas.runs AS r, generate_series(1, 3) AS p
         WHERE p < 3 OR (r.input ->> 'n')::int <= 100000
         ORDER BY r.saga_id, p;
        INSERT INTO sagas.open (saga_id, name, version, holder, run_number, due_at, deadline)
        SELECT r.saga_id, r.name, r.version,
               CASE WHEN r.name <> 'old' THEN 'runner-' || (r.input ->> 'n')::int % 10 END, 1,
               r.started_at, now() + INTERVAL '1 h'
          FROM sagas.runs AS r
         WHERE (r.input ->> 'n')::int > 100000;
        UPDATE sagas.open SET stopped = 'compensation_failed', holder = NULL, due_at = NULL
         WHERE saga_id::text LIKE '%9999';
        INSERT INTO agents.journal_leases (bucket, holder, fencing_token, expires_at)
        SELECT 'saga-runner/runner-' || i, 'runner-' || i, 1, now() + INTERVAL '1 h'
          FROM generate_series(0, 9) AS i;
        """);
    for (String table : List.of("runs", "log", "open")) {
      database.execute("VACUUM ANALYZE sagas." + table);
    }
  }

  private static Claim claim(int limit) {
    return new Claim("runner-0", Set.of(ORDER, REFUND), limit);
  }

  @Test
  void aClaimLooksAtNoRunOfALivingOwner() {
    assertPages(120, "", SagaPlansIT::claim);
  }

  @Test
  void aClaimOfDueRunsReadsThem() {
    String due =
        """
        UPDATE sagas.open SET holder = NULL
         WHERE saga_id BETWEEN '00000000-0000-7000-8000-000000104000'
                           AND '00000000-0000-7000-8000-000000104999'
        """;
    assertPages(1_500, due, SagaPlansIT::claim);
  }

  @Test
  void aClaimOfADeadOwnersRunsReadsThem() {
    String dead =
        "UPDATE agents.journal_leases SET expires_at = now() WHERE bucket = 'saga-runner/runner-3'";
    assertPages(1_500, dead, SagaPlansIT::claim);
  }

  private static Query claim(Handle handle) {
    return SagaClaim.bind(explain(handle, SagaClaim.sql()), claim(16));
  }

  static List<SagaQuery> queries() {
    SagaQuery all = SagaQuery.all();
    return List.of(
        all,
        all.withName("old"),
        all.withName("none"),
        all.withCorrelationId("work 20000"),
        all.withParent(UUID.randomUUID()),
        all.withState(State.COMPLETED),
        all.withState(State.GIVEN_UP),
        all.withState(State.COMPENSATED),
        all.withState(State.COMPENSATION_FAILED),
        all.withState(State.FORWARD_FAILED),
        all.withState(State.RUNNING));
  }

  @ParameterizedTest
  @MethodSource("queries")
  void runsAreFoundByIndexes(SagaQuery query) {
    UUID after = UUID.fromString("00000000-0000-7000-8000-000000050000");
    for (SagaQuery page : List.of(query, query.after(after))) {
      assertPages(
          2_000, "", handle -> SagaSearch.bind(explain(handle, SagaSearch.sql(page)), page));
    }
  }

  @Test
  void oldRunsArePrunedByIndexes() {
    for (Duration age : List.of(Duration.ofDays(1), Duration.ofDays(30))) {
      assertPages(
          3_000,
          "",
          handle ->
              explain(handle, PostgresSagaStore.PRUNE)
                  .bind("age", SagaRow.micros(age))
                  .bind("limit", 100)
                  .bind("leases", SagaStore.LEASES));
    }
  }

  /** Also by the plans that the server keeps once it has run a statement several times. */
  @Test
  void noTableIsReadWhole() {
    String scans =
        """
        SELECT sum(seq_scan) FROM pg_stat_user_tables
         WHERE schemaname = 'sagas' AND relname IN ('runs', 'log', 'open')
        """;
    String found = "SELECT sum(idx_scan) FROM pg_stat_user_tables WHERE schemaname = 'sagas'";
    List<String> before = database.query(scans);
    List<String> foundBefore = database.query(found);
    PostgresConfig one =
        database.config().toBuilder().role(PRIMARY, role -> role.connections(1, 1)).build();
    try (PostgresStore store = PostgresDatabase.open(one)) {
      for (int i = 0; i < 15; i++) {
        assertThat(store.sql().sagas().claim(claim(16))).isEmpty();
        assertThat(store.sql().sagas().prune(Duration.ofDays(9), 5)).isEqualTo(5);
      }
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> !database.query(found).equals(foundBefore)); // the session's end reports them
    assertThat(database.query(scans)).isEqualTo(before);
  }

  /** Makes a statement. */
  private interface Statement {
    Query on(Handle handle);
  }

  private static Query explain(Handle handle, String sql) {
    return handle.createQuery("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) " + sql);
  }

  /** An index that is walked from one end to the other is no better than the table. */
  private static void assertPages(int most, String before, Statement statement) {
    database.execute("VACUUM sagas.open"); // of what an earlier test has rolled back
    String plan = plan(before, statement);
    Matcher pages = PAGES.matcher(plan);
    assertThat(pages.find()).as(plan).isTrue();
    int hit = Integer.parseInt(pages.group(1));
    int read = pages.group(2) == null ? 0 : Integer.parseInt(pages.group(2));
    assertThat(hit + read).as(plan).isLessThan(most);
  }

  /** What the statement and the one before it change is rolled back. */
  private static String plan(String before, Statement statement) {
    try (Handle handle = Jdbi.open(database.connect())) {
      handle.begin();
      if (!before.isEmpty()) {
        int unused = handle.execute(before);
      }
      List<String> lines = statement.on(handle).mapTo(String.class).list();
      handle.rollback();
      return String.join("\n", lines);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
