package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.Update;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs of sagas in the tables of the schema {@code sagas}. A call is one statement, which is one
 * transaction unless it is part of a unit.
 */
final class PostgresSagaStore implements SagaStore {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresSagaStore.class);

  /** Leaves out what a transaction of this runner has locked: a claim takes it over later. */
  private static final String RELEASE =
      """
      UPDATE sagas.open
         SET holder = NULL
       WHERE saga_id IN (SELECT saga_id
                           FROM sagas.open
                          WHERE holder = :holder
                            FOR UPDATE SKIP LOCKED)
      """;

  private static final String CANCEL =
      """
      UPDATE sagas.open
         SET cancel_reason = coalesce(cancel_reason, :reason),
             due_at = least(due_at, clock_timestamp())
       WHERE saga_id = :saga AND state = 'running' AND stopped IS NULL
      """;

  private static final String RESUME =
      """
      WITH resumed AS (
        UPDATE sagas.open
           SET state = CASE stopped
                         WHEN 'compensation_failed' THEN 'compensating'
                         WHEN 'forward_failed' THEN 'running'
                         ELSE state
                       END,
               stopped = NULL, stop_reason = NULL, due_at = clock_timestamp(),
               deadline = clock_timestamp() + :time * INTERVAL '1 microsecond'
         WHERE saga_id = :saga AND stopped IS NOT NULL
        RETURNING saga_id, run_number
      )
      INSERT INTO sagas.log (saga_id, position, run_number, event)
      SELECT r.saga_id, (SELECT coalesce(max(l.position), 0) + 1
                           FROM sagas.log AS l
                          WHERE l.saga_id = r.saga_id), r.run_number, 'resumed'
        FROM resumed AS r
      """;

  private static final String GIVE_UP =
      """
      WITH owned AS (
        DELETE FROM sagas.open
         WHERE saga_id = :saga AND stopped IS NOT NULL
        RETURNING saga_id, run_number, parent_id
      )
      """
          + SagaAppend.WAKE_PARENT
          + """
          INSERT INTO sagas.log (saga_id, position, run_number, event, data, reason)
          SELECT o.saga_id, (SELECT coalesce(max(l.position), 0) + 1
                               FROM sagas.log AS l
                              WHERE l.saga_id = o.saga_id), o.run_number, 'ended',
                 '{"state": "GIVEN_UP"}', :reason
            FROM owned AS o
          """;

  private static final String REOPEN =
      """
      WITH asked AS (
        UPDATE sagas.open
           SET cancel_reason = coalesce(cancel_reason, :reason),
               due_at = least(due_at, clock_timestamp())
         WHERE saga_id = :saga AND state = 'running' AND stopped IS NULL
        RETURNING saga_id
      ), reopened AS (
        INSERT INTO sagas.open
               (saga_id, parent_id, name, version, run_number, due_at, deadline, state,
                compensation_reason)
        SELECT r.saga_id, r.parent_id, r.name, r.version, e.run_number, clock_timestamp(),
               clock_timestamp() + :time * INTERVAL '1 microsecond', 'compensating', :reason
          FROM sagas.runs AS r
         CROSS JOIN LATERAL (
               SELECT l.run_number, l.event, l.data
                 FROM sagas.log AS l
                WHERE l.saga_id = r.saga_id
                ORDER BY l.position DESC
                LIMIT 1) AS e
         WHERE r.saga_id = :saga AND e.event = 'ended' AND e.data ->> 'state' = 'COMPLETED'
        ON CONFLICT (saga_id) DO NOTHING
        RETURNING saga_id, run_number
      ), noted AS (
        INSERT INTO sagas.log (saga_id, position, run_number, event, reason)
        SELECT o.saga_id, (SELECT max(l.position) + 1
                             FROM sagas.log AS l
                            WHERE l.saga_id = o.saga_id), o.run_number, 'compensating', :reason
          FROM reopened AS o
      )
      SELECT EXISTS (SELECT FROM asked) OR EXISTS (SELECT FROM reopened)
      """;

  private static final String READ_LOG =
      "SELECT "
          + SagaRow.ENTRY
          + """
            FROM sagas.log AS l
           WHERE l.saga_id = :saga
           ORDER BY l.position
          """;

  private static final String WAITING =
      """
      SELECT name, version, count(*) AS runs
        FROM sagas.open
       WHERE holder IS NULL
         AND due_at < (SELECT clock_timestamp()) - :longer * INTERVAL '1 microsecond'
       GROUP BY name, version
      """;

  /**
   * A run stays while one that is nested in it is open. A runner's lease has a name of its own, so
   * its token need not be kept.
   */
  static final String PRUNE =
      """
      WITH RECURSIVE old AS (
        SELECT r.saga_id
          FROM sagas.log AS e
          JOIN sagas.runs AS r ON r.saga_id = e.saga_id
         WHERE e.event = 'ended'
           AND e.at < (SELECT clock_timestamp()) - :age * INTERVAL '1 microsecond'
           AND r.parent_id IS NULL
           AND NOT EXISTS (SELECT
                             FROM sagas.log AS n
                            WHERE n.saga_id = e.saga_id AND n.position > e.position)
           AND NOT EXISTS (SELECT
                             FROM sagas.runs AS c
                             JOIN sagas.open AS o ON o.saga_id = c.saga_id
                            WHERE c.parent_id = r.saga_id)
         ORDER BY e.at
         LIMIT :limit
           FOR UPDATE OF r SKIP LOCKED
      ), tree AS (
        SELECT saga_id AS root, saga_id FROM old
         UNION ALL
        SELECT t.root, c.saga_id
          FROM tree AS t
          JOIN sagas.runs AS c ON c.parent_id = t.saga_id
      ), gone AS (
        SELECT t.root, t.saga_id
          FROM tree AS t
         WHERE t.root NOT IN (SELECT n.root
                                FROM tree AS n
                                JOIN sagas.open AS o ON o.saga_id = n.saga_id)
      ), logs AS (
        DELETE FROM sagas.log WHERE saga_id = ANY (ARRAY(SELECT saga_id FROM gone))
      ), runs AS (
        DELETE FROM sagas.runs WHERE saga_id = ANY (ARRAY(SELECT saga_id FROM gone))
      ), leases AS (
        DELETE FROM agents.journal_leases
         WHERE bucket LIKE :leases || '%' AND expires_at < clock_timestamp() - INTERVAL '1 day'
      )
      SELECT count(DISTINCT root) FROM gone
      """;

  private final Statements statements;

  PostgresSagaStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public UUID add(Added run, Optional<String> holder) {
    return new SagaInsert(statements, run, holder).add();
  }

  @Override
  public List<Claimed> claim(Claim claim) {
    ClaimedRuns claimed =
        statements.write(
            "claim sagas as runner " + claim.holder(), handle -> SagaClaim.claim(handle, claim));
    claimed.unreadable().forEach(this::stop);
    return claimed.readable();
  }

  /** Stops a run that cannot be read: an operator sees it, and no other runner takes it over. */
  private void stop(ClaimedRuns.Unreadable run) {
    LOG.error("saga {} cannot be read, and is stopped", run.owner().saga(), run.failure());
    String reason = "it cannot be read: " + run.failure().getMessage();
    State state = run.compensating() ? State.COMPENSATION_FAILED : State.FORWARD_FAILED;
    NewEntry entry =
        new NewEntry(Event.STOPPED, Optional.empty(), 0, Map.of(), Optional.of(reason));
    try {
      Optional<String> unused =
          append(run.owner(), run.last() + 1, List.of(entry), new Then.Stop(state, reason));
    } catch (PersistenceException e) {
      LOG.warn("saga {} is stopped by the runner that takes it over", run.owner().saga(), e);
    }
  }

  @Override
  public Optional<Claimed> load(Owned owner) {
    ClaimedRuns found =
        statements.read("load saga " + owner.saga(), handle -> SagaClaim.load(handle, owner));
    if (!found.unreadable().isEmpty()) {
      throw found.unreadable().get(0).failure();
    }
    return found.readable().stream().findFirst();
  }

  @Override
  public Optional<String> append(Owned owner, int position, List<NewEntry> entries, Then then) {
    return new SagaAppend(owner, position, entries, then).run(statements);
  }

  @Override
  public int release(String holder) {
    return statements.write(
        "release the sagas of runner " + holder,
        handle -> handle.createUpdate(RELEASE).bind("holder", holder).execute());
  }

  @Override
  public boolean cancel(UUID run, String reason) {
    return change(
        "cancel saga " + run,
        handle ->
            handle.createUpdate(CANCEL).bind("saga", run).bind("reason", SqlText.storable(reason)));
  }

  private boolean change(String what, Function<Handle, Update> statement) {
    return statements.write(
        what, handle -> SagaAppend.appending(what, () -> statement.apply(handle).execute()) == 1);
  }

  @Override
  public boolean resume(UUID run, Duration time) {
    return change(
        "resume saga " + run,
        handle -> handle.createUpdate(RESUME).bind("saga", run).bind("time", SagaRow.micros(time)));
  }

  @Override
  public boolean giveUp(UUID run, String reason) {
    return change(
        "give saga " + run + " up",
        handle ->
            handle
                .createUpdate(GIVE_UP)
                .bind("saga", run)
                .bind("reason", SqlText.storable(reason)));
  }

  /** The second statement sees the end of a run that ended while the first one waited for it. */
  @Override
  public boolean reopen(UUID run, String reason, Duration time) {
    String what = "have saga " + run + " compensated";
    Function<Handle, Boolean> statement =
        handle ->
            SagaAppend.appending(
                what,
                () ->
                    handle
                        .createQuery(REOPEN)
                        .bind("saga", run)
                        .bind("reason", SqlText.storable(reason))
                        .bind("time", SagaRow.micros(time))
                        .mapTo(Boolean.class)
                        .one());
    return statements.write(what, statement) || statements.write(what, statement);
  }

  @Override
  public Optional<SagaRun> find(UUID run) {
    return statements.read(
        "find saga " + run,
        handle ->
            handle
                .createQuery(SagaSearch.ONE)
                .bind("saga", run)
                .map((row, context) -> SagaRow.run(row))
                .findOne());
  }

  @Override
  public List<SagaRun> find(SagaQuery query) {
    return statements.read(
        "find sagas",
        handle -> {
          Query statement = handle.createQuery(SagaSearch.sql(query));
          return SagaSearch.bind(statement, query).map((row, context) -> SagaRow.run(row)).list();
        });
  }

  @Override
  public List<LogEntry> log(UUID run) {
    return statements.read(
        "read the log of saga " + run,
        handle ->
            handle
                .createQuery(READ_LOG)
                .bind("saga", run)
                .map((row, context) -> SagaRow.entry(run, row))
                .list());
  }

  @Override
  public Map<Definition, Integer> waiting(Duration longer) {
    return statements.read(
        "count sagas that no runner claims",
        handle ->
            handle
                .createQuery(WAITING)
                .bind("longer", SagaRow.micros(longer))
                .map(
                    (row, context) ->
                        Map.entry(
                            new Definition(row.getString("name"), row.getInt("version")),
                            row.getInt("runs")))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  @Override
  public int prune(Duration age, int limit) {
    return statements.write(
        "prune sagas",
        handle ->
            handle
                .createQuery(PRUNE)
                .bind("age", SagaRow.micros(age))
                .bind("limit", limit)
                .bind("leases", LEASES)
                .mapTo(Integer.class)
                .one());
  }
}
