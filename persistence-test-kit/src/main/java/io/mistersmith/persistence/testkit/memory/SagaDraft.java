package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import io.mistersmith.persistence.testkit.memory.SagaTables.SagaRow;
import io.mistersmith.persistence.testkit.memory.SagaTables.UniqueKey;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** A row of a run while a statement changes it. */
final class SagaDraft {

  /** A longer time is as good as none. */
  private static final Duration LONGEST = Duration.ofDays(36_525);

  private final SagaRow before;
  private final Instant now;
  private SagaRun.State state;
  private Optional<Instant> endedAt;
  private Optional<String> reason;
  private int number;
  private Optional<String> holder;
  private Instant due;
  private Instant deadline;
  private Optional<String> cancelled;
  private Optional<String> compensated;

  /** The run of a row. */
  SagaDraft(SagaRow row, Instant now) {
    this.before = row;
    this.now = now;
    state = row.run().state();
    endedAt = row.run().endedAt();
    reason = row.run().reason();
    number = row.number();
    holder = row.holder();
    due = row.due();
    deadline = row.deadline();
    cancelled = row.cancelled();
    compensated = row.compensated();
  }

  /** Returns the row of a new run. */
  static SagaRow added(Added added, Optional<String> holder, Instant now) {
    String name = added.definition().name();
    return new SagaRow(
        new SagaRun(
            added.id(),
            name,
            added.definition().version(),
            SagaRun.State.RUNNING,
            added.input(),
            added.correlationId(),
            added.parent(),
            now,
            Optional.empty(),
            Optional.empty()),
        added.steps(),
        added.uniqueKey().map(key -> new UniqueKey(name, key)),
        holder.isPresent() ? 1 : 0,
        holder,
        now,
        after(now, added.timeout()),
        Optional.empty(),
        Optional.empty());
  }

  private static Instant after(Instant now, Duration time) {
    return now.plus(bounded(time)).truncatedTo(ChronoUnit.MICROS);
  }

  static Duration bounded(Duration time) {
    return time.compareTo(LONGEST) < 0 ? time : LONGEST;
  }

  SagaRow row() {
    SagaRun run = before.run();
    return new SagaRow(
        new SagaRun(
            run.id(),
            run.name(),
            run.version(),
            state,
            run.input(),
            run.correlationId(),
            run.parent(),
            run.startedAt(),
            endedAt,
            reason),
        before.steps(),
        before.uniqueKey(),
        number,
        holder,
        due,
        deadline,
        cancelled,
        compensated);
  }

  SagaDraft claimed(String by) {
    number++;
    holder = Optional.of(by);
    return this;
  }

  /** Its owner gives it up. */
  SagaDraft released(Duration pause) {
    holder = Optional.empty();
    due = after(now, pause);
    return this;
  }

  /** It can be claimed at once, unless it has an owner. */
  SagaDraft due() {
    due = now;
    return this;
  }

  SagaDraft cancelled(String why) {
    cancelled = cancelled.or(() -> Optional.of(why));
    return due();
  }

  SagaDraft compensating(Optional<String> why, Duration time) {
    compensated = why.or(() -> compensated);
    return goingOn(SagaRun.State.COMPENSATING, time);
  }

  /** It goes on in a state, for the given time. */
  SagaDraft goingOn(SagaRun.State in, Duration time) {
    state = in;
    endedAt = Optional.empty();
    reason = compensated;
    deadline = after(now, time);
    return this;
  }

  private void stopped(SagaRun.State in, String why) {
    state = in;
    reason = Optional.of(why);
    holder = Optional.empty();
  }

  private SagaDraft ended(SagaRun.State in) {
    state = in;
    endedAt = Optional.of(now);
    holder = Optional.empty();
    return this;
  }

  SagaDraft givenUp(String why) {
    reason = Optional.of(why);
    return ended(SagaRun.State.GIVEN_UP);
  }

  /** Changes it as an append of these rows says. */
  SagaDraft apply(Then then, List<NewEntry> entries) {
    if (then instanceof Then.Compensate compensate) {
      return compensating(compensationReason(entries), compensate.time());
    } else if (then instanceof Then.Rest rest) {
      return released(rest.pause());
    } else if (then instanceof Then.Stop stop) {
      stopped(stop.state(), stop.reason());
    } else if (then instanceof Then.End end) {
      reason = compensationReason(entries).or(() -> reason);
      return ended(end.state());
    }
    return this;
  }

  private static Optional<String> compensationReason(List<NewEntry> entries) {
    return entries.stream()
        .filter(entry -> entry.event() == Event.COMPENSATING)
        .flatMap(entry -> entry.reason().stream())
        .findFirst();
  }
}
