package io.mistersmith.persistence.testkit.memory;

import static java.util.stream.Collectors.toMap;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.testkit.memory.SagaTables.SagaRow;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** The runs of sagas, in memory. */
final class MemorySagaStore implements SagaStore {

  /** By the bytes of the ids, which {@code UUID.compareTo} does not go by. */
  private static final Comparator<SagaRow> BY_ID =
      Comparator.comparing(row -> row.run().id().toString());

  private static final Comparator<SagaRow> LONGEST_DUE_FIRST =
      Comparator.comparing(SagaRow::due).thenComparing(BY_ID);

  private static final Duration LEASES_KEPT = Duration.ofDays(1);

  private final Session session;

  MemorySagaStore(Session session) {
    this.session = session;
  }

  private Instant now() {
    return session.now().truncatedTo(ChronoUnit.MICROS);
  }

  @Override
  public UUID add(Added added, Optional<String> holder) {
    Instant now = now();
    return session.call(
        tables -> {
          SagaRow row = SagaDraft.added(added, holder, now);
          UUID id =
              row.uniqueKey().map(key -> tables.sagas.keep(key, added.id())).orElse(added.id());
          tables.sagas.runs.lock(id);
          if (!tables.sagas.runs.contains(id)) {
            requireParent(tables, added);
            tables.sagas.runs.put(id, row);
          }
          return id;
        });
  }

  private static void requireParent(Tables tables, Added added) {
    if (added.parent().isPresent() && !tables.sagas.runs.refer(added.parent().get())) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          "saga " + added.id() + ": SQLSTATE 23503, the one that it is nested in does not exist");
    }
  }

  @Override
  public List<Claimed> claim(Claim claim) {
    Instant now = now();
    return session.call(
        tables -> {
          List<SagaRow> candidates =
              tables
                  .sagas
                  .runs
                  .all()
                  .filter(row -> claim.definitions().contains(definition(row.run())))
                  .filter(row -> isFree(tables, row, now))
                  .sorted(LONGEST_DUE_FIRST)
                  .toList();
          List<Claimed> claimed = new ArrayList<>();
          for (SagaRow row : candidates) {
            UUID id = row.run().id();
            if (claimed.size() < claim.limit() && tables.sagas.runs.tryLock(id)) {
              SagaRow owned = new SagaDraft(row, now).claimed(claim.holder()).row();
              tables.sagas.runs.put(id, owned);
              claimed.add(claimed(tables, owned, now));
            }
          }
          return claimed;
        });
  }

  private static Definition definition(SagaRun run) {
    return new Definition(run.name(), run.version());
  }

  private static boolean isFree(Tables tables, SagaRow row, Instant now) {
    return row.isActive()
        && row.holder()
            .map(holder -> isOver(tables, SagaStore.leaseOf(holder), now))
            .orElse(!row.due().isAfter(now));
  }

  private static boolean isOver(Tables tables, String lease, Instant now) {
    return tables.leases.find(lease).map(held -> !held.until().isAfter(now)).orElse(true);
  }

  private static Claimed claimed(Tables tables, SagaRow row, Instant now) {
    return new Claimed(
        new Owned(row.run().id(), row.number()),
        row.run(),
        row.steps(),
        tables.sagas.logOf(row.run().id()),
        Duration.between(now, row.deadline()),
        row.cancelled());
  }

  @Override
  public Optional<Claimed> load(Owned owner) {
    Instant now = now();
    return session.call(tables -> owned(tables, owner).map(row -> claimed(tables, row, now)));
  }

  private static Optional<SagaRow> owned(Tables tables, Owned owner) {
    return tables
        .sagas
        .runs
        .find(owner.saga())
        .filter(row -> row.number() == owner.run() && row.holder().isPresent());
  }

  @Override
  public Optional<String> append(Owned owner, int position, List<NewEntry> entries, Then then) {
    requireLastRow(owner, entries, then);
    Instant now = now();
    return session.call(
        tables -> {
          boolean changes = !(then instanceof Then.GoOn);
          if (changes) {
            tables.sagas.runs.lock(owner.saga());
          }
          SagaRow row = owned(tables, owner).orElseThrow(() -> lost(owner));
          int next = position;
          for (NewEntry entry : entries) {
            tables.sagas.append(owner.saga(), owner.run(), next++, entry, now);
          }
          if (changes) {
            put(tables, new SagaDraft(row, now).apply(then, entries), now);
          }
          return row.cancelled();
        });
  }

  private static void requireLastRow(Owned owner, List<NewEntry> entries, Then then) {
    if (then instanceof Then.End end
        && entries.stream()
            .skip(Math.max(0, entries.size() - 1))
            .filter(last -> last.event() == Event.ENDED)
            .noneMatch(last -> end.state().name().equals(last.data().get("state")))) {
      throw new IllegalArgumentException(
          "saga "
              + owner.saga()
              + ": the last row of a run that ends is ENDED and names the state "
              + end.state());
    }
  }

  private static NonTransientPersistenceException lost(Owned owner) {
    return new NonTransientPersistenceException(
        DataError.LEASE_LOST,
        "saga "
            + owner.saga()
            + ": the ownership with the run number "
            + owner.run()
            + " is over; nothing was appended");
  }

  /** Writes a row, and has the run that it is nested in go on once it has ended. */
  private static void put(Tables tables, SagaDraft draft, Instant now) {
    SagaRow row = draft.row();
    tables.sagas.runs.put(row.run().id(), row);
    Optional<UUID> parent = row.run().parent().filter(id -> row.run().state().isEnd());
    parent.ifPresent(tables.sagas.runs::lock);
    parent
        .flatMap(tables.sagas.runs::find)
        .filter(SagaRow::isActive)
        .ifPresent(
            outer ->
                tables.sagas.runs.put(outer.run().id(), new SagaDraft(outer, now).due().row()));
  }

  @Override
  public int release(String holder) {
    Instant now = now();
    return session.call(
        tables -> {
          List<SagaRow> held =
              tables
                  .sagas
                  .runs
                  .all()
                  .filter(row -> row.holder().equals(Optional.of(holder)))
                  .toList();
          held.forEach(row -> put(tables, new SagaDraft(row, now).released(Duration.ZERO), now));
          return held.size();
        });
  }

  /** Changes a run of which the condition holds, and returns whether it does. */
  private boolean change(
      UUID run, Predicate<State> from, BiFunction<Tables, SagaRow, SagaDraft> change) {
    Instant now = now();
    return session.call(
        tables -> {
          tables.sagas.runs.lock(run);
          Optional<SagaRow> row =
              tables.sagas.runs.find(run).filter(found -> from.test(found.run().state()));
          row.ifPresent(found -> put(tables, change.apply(tables, found), now));
          return row.isPresent();
        });
  }

  @Override
  public boolean cancel(UUID run, String reason) {
    Instant now = now();
    return change(
        run,
        state -> state == State.RUNNING,
        (tables, row) -> new SagaDraft(row, now).cancelled(reason));
  }

  @Override
  public boolean resume(UUID run, Duration time) {
    Instant now = now();
    return change(
        run,
        State::isStopped,
        (tables, row) -> {
          State next = before(row.run().state(), tables.sagas.logOf(run));
          tables.sagas.append(row, entry(Event.RESUMED, Map.of(), Optional.empty()), now);
          return new SagaDraft(row, now).goingOn(next, time).due();
        });
  }

  private static State before(State stopped, List<LogEntry> log) {
    return switch (stopped) {
      case COMPENSATION_FAILED -> State.COMPENSATING;
      case FORWARD_FAILED -> State.RUNNING;
      default ->
          log.stream().anyMatch(entry -> entry.event() == Event.COMPENSATING)
              ? State.COMPENSATING
              : State.RUNNING;
    };
  }

  private static NewEntry entry(Event event, Map<String, Object> data, Optional<String> reason) {
    return new NewEntry(event, Optional.empty(), 0, data, reason);
  }

  @Override
  public boolean giveUp(UUID run, String reason) {
    Instant now = now();
    return change(
        run,
        State::isStopped,
        (tables, row) -> {
          Map<String, Object> end = Map.of("state", State.GIVEN_UP.name());
          tables.sagas.append(row, entry(Event.ENDED, end, Optional.of(reason)), now);
          return new SagaDraft(row, now).givenUp(reason);
        });
  }

  @Override
  public boolean reopen(UUID run, String reason, Duration time) {
    Instant now = now();
    return change(
        run,
        state -> state == State.COMPLETED || state == State.RUNNING,
        (tables, row) -> {
          if (row.run().state() == State.RUNNING) {
            return new SagaDraft(row, now).cancelled(reason);
          }
          Optional<String> why = Optional.of(reason);
          tables.sagas.append(row, entry(Event.COMPENSATING, Map.of(), why), now);
          return new SagaDraft(row, now).compensating(why, time).due();
        });
  }

  @Override
  public Optional<SagaRun> find(UUID run) {
    return session.call(tables -> tables.sagas.runs.find(run).map(SagaRow::run));
  }

  @Override
  public List<SagaRun> find(SagaQuery query) {
    return session.call(
        tables ->
            tables
                .sagas
                .runs
                .all()
                .filter(row -> isFor(query, row.run()))
                .sorted(BY_ID)
                .map(SagaRow::run)
                .limit(query.limit())
                .toList());
  }

  private static boolean isFor(SagaQuery query, SagaRun run) {
    return query.name().map(run.name()::equals).orElse(true)
        && query.state().map(state -> run.state() == state).orElse(true)
        && query.correlationId().map(run.correlationId()::equals).orElse(true)
        && (query.parent().isEmpty() || query.parent().equals(run.parent()))
        && query.after().map(a -> run.id().toString().compareTo(a.toString()) > 0).orElse(true);
  }

  @Override
  public List<LogEntry> log(UUID run) {
    return session.call(tables -> tables.sagas.logOf(run));
  }

  @Override
  public Map<Definition, Integer> waiting(Duration longer) {
    Instant before = now().minus(SagaDraft.bounded(longer));
    return session.call(
        tables ->
            tables
                .sagas
                .runs
                .all()
                .filter(row -> row.isActive() && row.holder().isEmpty())
                .filter(row -> row.due().isBefore(before))
                .collect(toMap(row -> definition(row.run()), row -> 1, Integer::sum)));
  }

  @Override
  public int prune(Duration age, int limit) {
    Instant before = now().minus(SagaDraft.bounded(age));
    Instant leases = now().minus(LEASES_KEPT);
    return session.call(
        tables -> {
          List<UUID> old =
              tables
                  .sagas
                  .runs
                  .all()
                  .filter(row -> row.run().parent().isEmpty())
                  .filter(row -> row.run().endedAt().map(end -> end.isBefore(before)).orElse(false))
                  .filter(row -> !tables.sagas.hasOpenNested(row.run().id()))
                  .map(row -> row.run().id())
                  .toList();
          int pruned = 0;
          for (UUID run : old) {
            if (pruned < limit && tables.sagas.runs.tryLock(run)) {
              tables.sagas.remove(run);
              pruned++;
            }
          }
          int unused =
              tables.leases.removeIf(
                  lease ->
                      lease.name().startsWith(SagaStore.LEASES) && lease.until().isBefore(leases));
          return pruned;
        });
  }
}
