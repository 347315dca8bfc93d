package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claim;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.net.URI;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sagas beside what others do to the tables, and the round trips of their statements. */
@Tag("contract")
class PostgresSagaStoreIT {

  private static final Definition ORDER = new Definition("order", 1);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int CALLS = 40;

  private final PostgresDatabase database = PostgresDatabase.create();
  private final PostgresStore store = database.open();
  private final SagaStore sagas = store.sql().sagas();

  @AfterEach
  void close() {
    store.close();
  }

  private void lease(String holder) {
    assertThat(store.sql().journals().acquireLease(SagaStore.leaseOf(holder), holder, LONG))
        .isTrue();
  }

  private Owned owned(String holder) {
    lease(holder);
    return new Owned(add(sagas, Optional.of(holder), Optional.empty()), 1);
  }

  private static UUID add(SagaStore sagas, Optional<String> holder, Optional<UUID> parent) {
    return sagas.add(
        new Added(
            UUID.randomUUID(),
            ORDER,
            List.of("reserve"),
            Map.of("n", 1),
            "work-1",
            Optional.empty(),
            parent,
            LONG),
        holder);
  }

  private List<Claimed> claim(String holder) {
    lease(holder);
    return sagas.claim(new Claim(holder, Set.of(ORDER), 9));
  }

  private static NewEntry entry(Event event) {
    return new NewEntry(event, Optional.of("reserve"), 1, Map.of(), Optional.empty());
  }

  private static NewEntry ended() {
    return new NewEntry(
        Event.ENDED, Optional.empty(), 0, Map.of("state", "COMPLETED"), Optional.empty());
  }

  private UUID free() {
    return add(sagas, Optional.empty(), Optional.empty());
  }

  @Test
  void aRunThatCannotBeReadIsStoppedAndHoldsUpNoOther() {
    UUID number = free();
    UUID gap = free();
    UUID good = free();
    UUID undone = free();
    database.execute(
        """
        UPDATE sagas.runs SET input = jsonb_build_object('n', repeat('9', 2000)::numeric)
         WHERE saga_id IN ('%1$s', '%3$s');
        UPDATE sagas.open SET state = 'compensating' WHERE saga_id = '%3$s';
        INSERT INTO sagas.log (saga_id, position, run_number, event) VALUES ('%2$s', 2, 1, 'done');
        """
            .formatted(number, gap, undone));
    assertThat(claim("runner-1")).extracting(claimed -> claimed.run().id()).containsExactly(good);
    assertThat(database.query("SELECT saga_id FROM sagas.open WHERE stopped = 'forward_failed'"))
        .containsExactlyInAnyOrder(number.toString(), gap.toString());
    assertThat(
            database.query("SELECT saga_id FROM sagas.open WHERE stopped = 'compensation_failed'"))
        .containsExactly(undone.toString());
    SagaRun stopped = sagas.find(gap).orElseThrow();
    assertThat(stopped.reason().orElseThrow()).contains("cannot be read", "no row 1");
    assertThat(sagas.log(gap)).extracting(SagaRun.LogEntry::position).containsExactly(2, 3);

    database.execute("UPDATE sagas.runs SET input = '{}'");
    assertThat(sagas.resume(number, LONG)).isTrue();
    assertThat(claim("runner-1"))
        .singleElement()
        .satisfies(
            run ->
                assertThat(run.log())
                    .extracting(SagaRun.LogEntry::event)
                    .containsExactly(Event.STOPPED, Event.RESUMED));
  }

  /** Whatever a stale owner's transaction has locked, a claim takes the other runs at once. */
  @Test
  void anOpenTransactionHoldsUpOnlyItsOwnRun() throws Exception {
    UUID held = free();
    UUID other = free();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      int changed =
          statement.executeUpdate(
              "UPDATE sagas.open SET deadline = now() WHERE saga_id = '%s'".formatted(held));
      assertThat(changed).isEqualTo(1);
      assertThat(claim("runner-1")).extracting(run -> run.run().id()).containsExactly(other);
      connection.rollback();
    }
    assertThat(claim("runner-1")).extracting(run -> run.run().id()).containsExactly(held);
  }

  /** The row of the run above may be locked for long: it is woken by its pause then. */
  @Test
  void theEndOfANestedRunWaitsForNobody() throws Exception {
    Owned outer = owned("runner-1");
    UUID nested = add(sagas, Optional.of("runner-1"), Optional.of(outer.saga()));
    assertThat(sagas.append(outer, 1, List.of(), new Then.Rest(LONG))).isEmpty();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      int changed =
          statement.executeUpdate(
              "UPDATE sagas.open SET deadline = now() WHERE saga_id = '%s'"
                  .formatted(outer.saga()));
      assertThat(changed).isEqualTo(1);
      assertThat(
              sagas.append(
                  new Owned(nested, 1), 1, List.of(ended()), new Then.End(State.COMPLETED)))
          .isEmpty();
      connection.rollback();
    }
    assertThat(sagas.find(nested).orElseThrow().state()).isEqualTo(State.COMPLETED);
    assertThat(claim("runner-2")).isEmpty();
  }

  @Test
  void aRunStaysWhileOneThatIsNestedInItIsOpen() {
    Owned outer = owned("runner-1");
    UUID middle = add(sagas, Optional.of("runner-1"), Optional.of(outer.saga()));
    UUID inner = add(sagas, Optional.of("runner-1"), Optional.of(middle));
    for (UUID run : List.of(middle, outer.saga())) {
      assertThat(
              sagas.append(new Owned(run, 1), 1, List.of(ended()), new Then.End(State.COMPLETED)))
          .isEmpty();
    }
    database.execute("UPDATE sagas.log SET at = at - INTERVAL '1 day'");
    assertThat(sagas.prune(Duration.ofHours(1), 9)).isZero();
    assertThat(
            sagas.append(new Owned(inner, 1), 1, List.of(ended()), new Then.End(State.COMPLETED)))
        .isEmpty();
    assertThat(sagas.prune(Duration.ofHours(1), 9)).isEqualTo(1);
    assertThat(sagas.find(SagaQuery.all())).isEmpty();
    assertThat(database.query("SELECT 1 FROM sagas.log")).isEmpty();
  }

  @Test
  void leasesOfRunnersArePrunedADayAfterTheirEnd() {
    database.execute(
        """
        INSERT INTO agents.journal_leases (bucket, holder, fencing_token, expires_at)
        VALUES ('saga-runner/old', 'old', 1, now() - INTERVAL '25 h'),
               ('saga-runner/young', 'young', 1, now() - INTERVAL '23 h'),
               ('bucket', 'old', 1, now() - INTERVAL '25 h')
        """);
    assertThat(sagas.prune(LONG, 9)).isZero();
    assertThat(database.query("SELECT bucket FROM agents.journal_leases ORDER BY bucket"))
        .containsExactly("bucket", "saga-runner/young");
  }

  @Test
  void textsThatTheDatabaseCannotKeepAreEscaped() {
    Owned owner = owned("runner-1");
    NewEntry failed =
        new NewEntry(Event.COMPENSATING, Optional.empty(), 0, Map.of(), Optional.of("no \0 money"));
    assertThat(sagas.append(owner, 1, List.of(failed), new Then.Compensate(LONG))).isEmpty();
    assertThat(sagas.find(owner.saga()).orElseThrow().reason()).contains("no \\u0000 money");
  }

  @Test
  void aTimeWithoutEndIsACentury() {
    Owned owner = owned("runner-1");
    Duration endless = Duration.ofSeconds(Long.MAX_VALUE);
    assertThat(sagas.append(owner, 1, List.of(), new Then.Compensate(endless))).isEmpty();
    assertThat(sagas.load(owner).orElseThrow().left()).isGreaterThan(Duration.ofDays(36_000));
  }

  @Test
  void eachCallIsOneRoundTrip() throws Exception {
    URI server = URI.create(database.config().jdbcUrl().substring("jdbc:".length()));
    try (RoundTrips way = new RoundTrips(server.getPort())) {
      PostgresConfig counted =
          database.config().toBuilder()
              .role(PRIMARY, role -> role.host("127.0.0.1:" + way.port()).connections(1, 1))
              .build();
      try (PostgresStore through = PostgresDatabase.open(counted)) {
        assertOneRoundTripEach(way, through.sql().sagas());
      }
    }
  }

  private static void assertOneRoundTripEach(RoundTrips way, SagaStore through) {
    int begun = way.count();
    List<Owned> owned =
        Stream.generate(() -> add(through, Optional.of("runner-1"), Optional.empty()))
            .limit(CALLS)
            .map(saga -> new Owned(saga, 1))
            .toList();
    assertOneEach("add", way.count() - begun);
    List<Then> all =
        List.of(new Then.GoOn(), new Then.Compensate(LONG), new Then.End(State.COMPLETED));
    for (int i = 0; i < all.size(); i++) {
      Then then = all.get(i);
      List<NewEntry> rows = List.of(then instanceof Then.End ? ended() : entry(Event.DONE));
      begun = way.count();
      for (Owned owner : owned) {
        assertThat(through.append(owner, i + 1, rows, then)).isEmpty();
      }
      assertOneEach(then.toString(), way.count() - begun);
    }
    begun = way.count();
    for (int i = 0; i < CALLS; i++) {
      assertThat(through.claim(new Claim("runner-2", Set.of(ORDER), 9))).isEmpty();
    }
    assertOneEach("claim", way.count() - begun);
  }

  /** The library looks after its connections meanwhile. */
  private static void assertOneEach(String what, int trips) {
    assertThat(trips).as(what).isBetween(CALLS, CALLS * 3 / 2);
  }

  @Test
  void aStepAndItsRowAreCommittedTogether() {
    Owned owner = owned("runner-1");
    database.execute("CREATE TABLE public.ledger (saga_id UUID)");
    int rows =
        store
            .sql()
            .inTransaction(
                SqlOptions.of("step"),
                unit -> {
                  int inserted =
                      unit.update(
                          "INSERT INTO public.ledger VALUES (:saga)", Map.of("saga", owner.saga()));
                  Optional<String> unused =
                      unit.sagas().append(owner, 1, List.of(entry(Event.DONE)), new Then.GoOn());
                  return inserted;
                });
    assertThat(rows).isEqualTo(1);
    assertThat(
            database.query(
                "SELECT count(DISTINCT t.xmin) FROM (SELECT xmin::text FROM public.ledger UNION ALL"
                    + " SELECT xmin::text FROM sagas.log) AS t"))
        .containsExactly("1");
  }
}
