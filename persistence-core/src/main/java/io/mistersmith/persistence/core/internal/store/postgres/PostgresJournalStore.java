package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journals' positions, and the transaction that a flush is.
 *
 * <p>A flush first moves the position from exactly where its batch began. That row is locked until
 * the commit, so flushes of one bucket run one after another, and one that began elsewhere finds no
 * row to move and writes nothing: every entry is applied once and in order. Read Committed is
 * enough for that: an update that waited for the row looks at it again as it is then, and so do the
 * fenced upserts, which other writers (a replay, a sweep) can only lose against or win with a later
 * revision. Nothing here decides by what an earlier statement read.
 *
 * <p>The whole batch is written in one go. Only when PostgreSQL refuses it, the transaction is
 * repeated in a form that {@linkplain Isolation isolates} the bad rows with savepoints, so that
 * good batches do not pay for them. A batch that runs out of time is left for the flush to shrink.
 * One that cannot shrink, such as a step, is written row by row. A row that runs out of time alone,
 * while other rows are written in time, becomes a dead letter.
 */
final class PostgresJournalStore implements JournalStore {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresJournalStore.class);

  private final Statements statements;
  private final UUID installation;
  private final JournalPositions positions;
  private final JournalLeases leases = new JournalLeases();
  private final JournalSamples samples = new JournalSamples();
  private final StateUpsert states = new StateUpsert();
  private final Isolation isolation = new Isolation(states);
  private final DeadLetterLog deadLetters = new DeadLetterLog();

  PostgresJournalStore(Statements statements, UUID installation) {
    this.statements = statements;
    this.installation = installation;
    this.positions = new JournalPositions(installation);
  }

  @Override
  public UUID installation() {
    return installation;
  }

  /** Does all that a flush does, for no bucket and with no rows. */
  void rehearse() {
    JournalPosition nowhere =
        new JournalPosition("", 1, 0, Instant.EPOCH, Instant.EPOCH, List.of());
    statements.transaction(
        SqlOptions.of("rehearse a flush"),
        handle -> {
          states.rehearse(handle);
          return positions.move(handle, nowhere, nowhere);
        });
  }

  @Override
  public Optional<JournalPosition> position(String bucket) {
    return statements.read(
        "read the position of journal " + bucket, handle -> positions.find(handle, bucket));
  }

  @Override
  public JournalPosition startEpoch(
      String bucket,
      Optional<JournalPosition> observed,
      long firstSequence,
      Instant streamCreated,
      String reason) {
    return statements.transaction(
        SqlOptions.of("start an epoch of journal " + bucket + " at sequence " + firstSequence),
        handle ->
            positions.startEpoch(handle, bucket, observed, firstSequence, streamCreated, reason));
  }

  @Override
  public JournalPosition startEpochOfRestored(
      JournalPosition observed, long firstSequence, Instant streamCreated, String reason) {
    return statements.transaction(
        SqlOptions.of("start an epoch of the restored journal " + observed.bucket()),
        handle ->
            positions.startEpochOfRestored(handle, observed, firstSequence, streamCreated, reason));
  }

  @Override
  public ApplyResult apply(
      JournalPosition previous, JournalPosition next, List<StateChange> changes) {
    return statements.whole(() -> applyOrIsolate(Flush.of(previous, next, changes)));
  }

  @Override
  public ApplyResult applySingly(
      JournalPosition previous, JournalPosition next, List<StateChange> changes) {
    Flush flush = Flush.of(previous, next, changes);
    return statements.whole(
        () -> attempt(flush, "", handle -> isolation.writeSingly(handle, flush.rows())));
  }

  /**
   * A batch on its way into a transaction.
   *
   * @param what names it in messages
   * @param rows what to write, without the steps of unfit changes
   * @param unfit changes that no row can be made of, with their steps
   */
  private record Flush(
      String what,
      JournalPosition previous,
      JournalPosition next,
      List<StateRow> rows,
      List<RefusedChange> unfit) {

    static Flush of(JournalPosition previous, JournalPosition next, List<StateChange> changes) {
      List<StateRow> rows = new ArrayList<>(changes.size());
      List<RefusedChange> unfit = new ArrayList<>();
      StateRow.of(changes, rows, unfit);
      boolean unused = RefusedSteps.of(unfit).move(rows, unfit);
      String what =
          "apply "
              + changes.size()
              + " changes of journal "
              + previous.bucket()
              + " from "
              + previous.epoch()
              + "-"
              + previous.sequence()
              + " to "
              + next.sequence()
              + " (whether it was committed, the position tells)";
      return new Flush(what, previous, next, rows, unfit);
    }
  }

  private ApplyResult attempt(
      Flush flush, String hint, Function<Handle, List<RefusedChange>> write) {
    return statements.attempt(
        SqlOptions.of(flush.what() + hint), handle -> apply(handle, flush, write));
  }

  private ApplyResult applyOrIsolate(Flush flush) {
    List<StateRow> rows = flush.rows();
    try {
      return attempt(flush, "", handle -> writeAll(handle, rows));
    } catch (PersistenceException e) {
      return switch (PostgresFailures.verdict(e)) {
        case OUTAGE -> throw e;
        case OUT_OF_TIME ->
            rows.size() > 1
                ? new ApplyResult.OutOfTime(e)
                : attempt(flush, "", handle -> leaveOut(handle, rows, e));
        case REFUSED -> isolate(flush, e);
      };
    }
  }

  private ApplyResult isolate(Flush flush, PersistenceException first) {
    LOG.debug("{}: isolating what is refused", flush.what(), first);
    try {
      return attempt(
          flush,
          "; writes wait in the journal until PostgreSQL takes one of them",
          handle -> isolate(handle, flush.rows()));
    } catch (PersistenceException e) {
      if (PostgresFailures.verdict(e) == PostgresFailures.Verdict.OUT_OF_TIME
          && flush.rows().size() > 1) {
        return new ApplyResult.OutOfTime(e);
      }
      throw e;
    }
  }

  /** Writes the rows that PostgreSQL takes, without those of a step of which it refuses one. */
  private List<RefusedChange> isolate(Handle handle, List<StateRow> rows) {
    boolean steps = rows.stream().anyMatch(row -> row.change().step().isPresent());
    if (!steps) {
      return isolation.write(handle, rows);
    }
    handle.savepoint("steps");
    List<RefusedChange> refused = new ArrayList<>(isolation.write(handle, rows));
    if (RefusedSteps.of(refused).move(new ArrayList<>(rows), refused)) {
      handle.rollbackToSavepoint("steps");
      int changed = states.write(handle, without(rows, refused));
      LOG.trace("{} of {} rows changed, without refused steps", changed, rows.size());
    }
    return refused;
  }

  private List<RefusedChange> writeAll(Handle handle, List<StateRow> rows) {
    int changed = states.write(handle, rows);
    LOG.trace("{} of {} rows changed", changed, rows.size());
    return List.of();
  }

  private List<RefusedChange> leaveOut(
      Handle handle, List<StateRow> rows, PersistenceException failure) {
    if (rows.isEmpty()) {
      throw failure;
    }
    return isolation.leaveOut(handle, rows.get(0), failure);
  }

  private ApplyResult apply(
      Handle handle, Flush flush, Function<Handle, List<RefusedChange>> write) {
    JournalPositions.Move move = positions.move(handle, flush.previous(), flush.next());
    if (move == JournalPositions.Move.REFUSED) {
      return new ApplyResult.PositionMoved();
    }
    List<RefusedChange> refused = new ArrayList<>(flush.unfit());
    refused.addAll(write.apply(handle));
    String bucket = flush.previous().bucket();
    if (move == JournalPositions.Move.DONE_WITH_OPEN_DEAD_LETTERS) {
      deadLetters.supersede(handle, bucket, without(flush.rows(), refused));
    }
    deadLetters.file(handle, bucket, refused);
    return new ApplyResult.Applied(
        refused.stream().map(r -> new ApplyResult.Refusal(r.change(), r.reason())).toList());
  }

  private static List<StateRow> without(List<StateRow> rows, List<RefusedChange> refused) {
    Set<String> subjects = new HashSet<>();
    refused.forEach(refusal -> subjects.add(refusal.change().subject()));
    return rows.stream().filter(row -> !subjects.contains(row.change().subject())).toList();
  }

  @Override
  public long appliedFor(JournalPosition observed, Duration age) {
    return statements.transaction(
        SqlOptions.of("read how long journal " + observed.bucket() + " has been applied"),
        handle -> samples.appliedFor(handle, observed, age));
  }

  @Override
  public boolean wasApplied(String bucket, Revision.OfJournal revision, Instant time) {
    return statements.read(
        "read whether journal " + bucket + " was applied up to " + revision,
        handle -> samples.wasApplied(handle, bucket, revision, time));
  }

  @Override
  public boolean acquireLease(String bucket, String holder, Duration duration) {
    return statements.write(
        "acquire the lease of journal " + bucket + " for " + holder,
        handle -> leases.acquire(handle, bucket, holder, duration));
  }

  @Override
  public String primary() {
    PrimaryMonitor primaries = statements.primaries();
    return primaries == null ? "" : primaries.identity().map(ServerIdentity::text).orElse("");
  }

  @Override
  public boolean isOutdated(String primary) {
    PrimaryMonitor primaries = statements.primaries();
    Optional<ServerIdentity> told = ServerIdentity.parse(primary);
    return primaries != null
        && told.isPresent()
        && primaries
            .identity()
            .filter(own -> !own.equals(told.get()) && !own.isBefore(told.get()))
            .isPresent();
  }

  @Override
  public void heardOf(String primary) {
    PrimaryMonitor primaries = statements.primaries();
    if (primaries != null) {
      ServerIdentity.parse(primary).ifPresent(primaries::heardOf);
    }
  }

  @Override
  public void releaseLease(String bucket, String holder) {
    statements.write(
        "release the lease of journal " + bucket + " of " + holder,
        handle -> leases.release(handle, bucket, holder));
  }
}
