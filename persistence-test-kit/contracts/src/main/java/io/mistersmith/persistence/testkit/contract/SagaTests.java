package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claim;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** The common part of the contracts about the store of sagas. */
abstract class SagaTests extends UnitContract {

  static final Definition ORDER = new Definition("order", 1);
  static final Duration LONG = Duration.ofMinutes(5);
  static final Duration HOUR = Duration.ofHours(1);
  static final Duration SHORT = Duration.ofMillis(150);
  static final Then GO_ON = new Then.GoOn();
  static final String MINE = "runner-1";
  static final String OTHER = "runner-2";

  private static final AtomicLong NUMBERS = new AtomicLong();

  final SagaStore sagas() {
    return sql().sagas();
  }

  /** An id that is greater than those before. */
  static UUID nextId() {
    return new UUID(0x019a_0000_0000_7000L, 0x8000_0000_0000_0000L + NUMBERS.incrementAndGet());
  }

  static Added order() {
    return new Added(
        nextId(),
        ORDER,
        List.of("reserve", "pay"),
        Map.of("n", 1),
        "work-1",
        Optional.empty(),
        Optional.empty(),
        LONG);
  }

  static Added withDefinition(Added run, Definition definition) {
    return new Added(
        run.id(),
        definition,
        run.steps(),
        run.input(),
        run.correlationId(),
        run.uniqueKey(),
        run.parent(),
        run.timeout());
  }

  static Added withKey(Added run, String key) {
    return new Added(
        run.id(),
        run.definition(),
        run.steps(),
        run.input(),
        run.correlationId(),
        Optional.of(key),
        run.parent(),
        run.timeout());
  }

  static Added nestedIn(UUID parent) {
    Added run = order();
    return new Added(
        run.id(),
        run.definition(),
        run.steps(),
        run.input(),
        run.correlationId(),
        Optional.empty(),
        Optional.of(parent),
        LONG);
  }

  static Added withTimeout(Added run, Duration timeout) {
    return new Added(
        run.id(),
        run.definition(),
        run.steps(),
        run.input(),
        run.correlationId(),
        run.uniqueKey(),
        run.parent(),
        timeout);
  }

  final UUID add(Added run) {
    return sagas().add(run, Optional.empty());
  }

  final UUID add() {
    return add(order());
  }

  /** Takes or renews a runner's lease. */
  final void lease(String holder, Duration length) {
    assertThat(sql().journals().acquireLease(SagaStore.leaseOf(holder), holder, length))
        .as("the lease of %s", holder)
        .isTrue();
  }

  /** Claims for a runner whose lease holds for long. */
  final List<Claimed> claim(String holder, int limit) {
    lease(holder, LONG);
    return sagas().claim(new Claim(holder, Set.of(ORDER), limit));
  }

  final Claimed claimOne(String holder) {
    List<Claimed> claimed = claim(holder, 1);
    assertThat(claimed).as("claimed").hasSize(1);
    return claimed.get(0);
  }

  /** Adds a run that a runner owns at once, and whose lease holds for long. */
  final Owned owned() {
    lease(MINE, LONG);
    return new Owned(sagas().add(order(), Optional.of(MINE)), 1);
  }

  static NewEntry entry(Event event) {
    return new NewEntry(event, Optional.empty(), 0, Map.of(), Optional.empty());
  }

  static NewEntry entry(Event event, String step) {
    return new NewEntry(event, Optional.of(step), 1, Map.of(), Optional.empty());
  }

  static NewEntry because(Event event, String reason) {
    return new NewEntry(event, Optional.empty(), 0, Map.of(), Optional.of(reason));
  }

  static NewEntry ended(State state) {
    return new NewEntry(
        Event.ENDED, Optional.empty(), 0, Map.of("state", state.name()), Optional.empty());
  }

  final Optional<String> append(Owned owner, int position, NewEntry... entries) {
    return sagas().append(owner, position, List.of(entries), GO_ON);
  }

  /** Ends a run that has no rows yet. */
  final void end(Owned owner, State state) {
    Optional<String> unused = sagas().append(owner, 1, List.of(ended(state)), new Then.End(state));
  }

  /** Stops a run that has no rows yet. */
  final void stop(Owned owner, State state, String reason) {
    Optional<String> unused =
        sagas()
            .append(
                owner, 1, List.of(because(Event.STOPPED, reason)), new Then.Stop(state, reason));
  }

  final Owned compensating() {
    Owned owner = owned();
    sagas()
        .append(owner, 1, List.of(because(Event.COMPENSATING, "why")), new Then.Compensate(LONG));
    return owner;
  }

  final Owned over(State state) {
    Owned owner = owned();
    end(owner, state);
    return owner;
  }

  final Owned stopped(State state) {
    Owned owner = owned();
    stop(owner, state, "broken");
    return owner;
  }

  final SagaRun find(UUID run) {
    return sagas().find(run).orElseThrow();
  }

  final State state(UUID run) {
    return find(run).state();
  }

  final List<Event> events(UUID run) {
    return sagas().log(run).stream().map(LogEntry::event).toList();
  }

  static List<UUID> ids(List<Claimed> claimed) {
    return claimed.stream().map(run -> run.run().id()).toList();
  }

  /** Lets a bit more than a short time pass. */
  final void elapseShort() {
    elapse(SHORT.plusMillis(50));
  }
}
