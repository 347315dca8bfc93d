package io.mistersmith.persistence.core.internal.guard;

import dev.failsafe.CircuitBreaker;
import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.guard.StoreGuard.Breaker;
import io.mistersmith.persistence.guard.StoreGuard.Breaker.State;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The breaker of one store and role. A call that succeeds while no other failed costs one volatile
 * read. Thread-safe.
 *
 * <p>An open breaker waits for 1 s before its trial calls, then for 2 s, up to 30 s: with 30 s from
 * the start, an election of 2 s would be an outage of 30. A store that says that it is back ends
 * the wait.
 */
final class Circuit {

  /** What {@link #enter} returns for a call that must not be made. */
  static final int REFUSED = -1;

  /** Marks what the application's own part of a call hands in; generations never get so far. */
  private static final int APPLICATION = 1 << 30;

  private static final Logger LOG = LoggerFactory.getLogger(Circuit.class);
  private static final int IN_A_ROW = 5;
  private static final int OF_THE_LAST = 20;
  private static final int TRIALS = 3;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /** The ticker decides when a wait is over; Failsafe knows the JVM's clock alone. */
  private static final Duration NEVER = Duration.ofDays(10_000);

  private final String store;
  private final String role;
  private final PersistenceListener listener;
  private final Ticker ticker;
  private final Clock clock;
  private final Backoff waits = new Backoff(FIRST_WAIT, LONGEST_WAIT);
  private final CircuitBreaker<Object> breaker =
      CircuitBreaker.builder()
          .withFailureThreshold(OF_THE_LAST / 2, OF_THE_LAST)
          .withSuccessThreshold(TRIALS)
          .withDelay(NEVER)
          .build();

  /** Whether a call failed lately; else nothing is counted. */
  private volatile boolean troubled;

  /** Counts the changes of state: a call that began before the last one says nothing about now. */
  private volatile int generation;

  private State state = State.CLOSED;
  private Instant since;
  private int failuresInARow;
  private long openUntil;
  private String latest = "";

  Circuit(String store, String role, PersistenceListener listener, Ticker ticker, Clock clock) {
    this.store = store;
    this.role = role;
    this.listener = listener;
    this.ticker = ticker;
    this.clock = clock;
    this.since = clock.instant();
  }

  String store() {
    return store;
  }

  String role() {
    return role;
  }

  synchronized Breaker breaker() {
    return new Breaker(store, role, state, since);
  }

  /** Returns what the call hands in when it has ended, or {@link #REFUSED}. */
  int enter() {
    return troubled ? enterTroubled() : generation;
  }

  private synchronized int enterTroubled() {
    if (state == State.OPEN && ticker.nanos() - openUntil >= 0) {
      breaker.halfOpen();
      changed(State.HALF_OPEN);
    }
    return breaker.tryAcquirePermit() ? generation : REFUSED;
  }

  /** The store answered the call. */
  void answered(int entry) {
    if (troubled) {
      answeredTroubled(entry);
    }
  }

  private synchronized void answeredTroubled(int entry) {
    if (entry != generation) {
      return;
    }
    failuresInARow = 0;
    breaker.recordSuccess();
    if (state == State.HALF_OPEN && breaker.isClosed()) {
      waits.reset();
      changed(State.CLOSED);
    }
    troubled = state != State.CLOSED || breaker.getFailureCount() > 0;
  }

  /**
   * The store serves the call, and how long it takes is up to the application from now on. A trial
   * call is answered by that: else a few long ones would keep all others out of a store that is
   * back.
   *
   * @return what the call hands in when it has ended
   */
  int served(int entry) {
    return troubled ? servedTroubled(entry) : entry;
  }

  private synchronized int servedTroubled(int entry) {
    if (entry != generation || state != State.HALF_OPEN) {
      return entry;
    }
    answeredTroubled(entry);
    return generation | APPLICATION;
  }

  /** The store did not serve the call. */
  synchronized void failed(int entry, PersistenceException failure) {
    if ((entry & ~APPLICATION) != generation) {
      return;
    }
    troubled = true;
    latest = failure.error() + ": " + failure.getMessage();
    failuresInARow++;
    breaker.recordFailure();
    if (state == State.CLOSED && failuresInARow >= IN_A_ROW) {
      breaker.open();
    }
    if (breaker.isOpen()) {
      openUntil = ticker.nanos() + waits.next().toNanos();
      changed(State.OPEN);
    }
  }

  /** The call ended without saying anything about the store. */
  synchronized void abandoned(int entry, PersistenceException failure) {
    if (state == State.HALF_OPEN && entry == generation) {
      failed(entry, failure);
    }
  }

  /** The store says that it is back: trial calls are let through now. */
  synchronized void back() {
    if (state == State.OPEN) {
      breaker.halfOpen();
      changed(State.HALF_OPEN);
    }
  }

  /** Returns why a call is refused. */
  synchronized String refusal() {
    long wait = Math.max(0, openUntil - ticker.nanos());
    return role
        + " of "
        + store
        + " was not asked, since its calls failed one after the other (latest: "
        + latest
        + "); trial calls "
        + (state == State.OPEN
            ? "are let through in " + Duration.ofNanos(wait).toMillis() + " ms, or when it is back"
            : "are under way")
        + "; nothing was applied, try again";
  }

  private void changed(State to) {
    State from = state;
    state = to;
    since = clock.instant();
    failuresInARow = 0;
    generation = generation + 1 == REFUSED ? 0 : generation + 1;
    if (to == State.OPEN && from == State.CLOSED) {
      LOG.warn("{} of {} fails, so that its calls fail at once: {}", role, store, latest);
    } else if (to == State.CLOSED) {
      LOG.info("{} of {} answers again", role, store);
    }
    listener.on(new PersistenceEvent.BreakerChanged(store, role, from, to));
  }
}
