package io.mistersmith.persistence.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.mistersmith.persistence.core.internal.base.ManualTicker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.BreakerChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.guard.StoreGuard.Breaker.State;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A breaker's states, by a clock that the test moves. */
class CircuitTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final List<State> changes = new ArrayList<>();
  private final ManualTicker ticker = new ManualTicker();
  private final ManualClock clock = ManualClock.at(START);
  private final Circuit circuit =
      new Circuit(
          "nats",
          "AGENT_STATE",
          PersistenceListener.of(BreakerChanged.class, changed -> changes.add(changed.to())),
          ticker,
          clock);

  @Test
  void opensAfterFiveFailuresInARow() {
    fail(4);
    answer(1);
    fail(4);
    assertThat(circuit.enter()).isNotEqualTo(Circuit.REFUSED);
    assertThat(circuit.breaker().state()).isEqualTo(State.CLOSED);
    fail(1);
    assertThat(circuit.enter()).isEqualTo(Circuit.REFUSED);
    assertThat(circuit.refusal()).contains("AGENT_STATE of nats", "CONNECTION_FAILED: away");
    assertThat(changes).containsExactly(State.OPEN);
  }

  @Test
  void opensWhenHalfOfTheLastTwentyFail() {
    for (int i = 0; i < 9; i++) {
      fail(1);
      answer(1);
    }
    assertThat(changes).isEmpty();
    fail(1);
    assertThat(changes).containsExactly(State.OPEN);
  }

  @Test
  void aNinthFailureAmongTwentyLeavesItClosed() {
    for (int round = 0; round < 10; round++) {
      fail(3);
      answer(4);
    }
    assertThat(changes).isEmpty();
    answer(30);
    fail(4);
    assertThat(changes).isEmpty();
  }

  @Test
  void threeTrialCallsCloseIt() {
    clock.advance(Duration.ofSeconds(5));
    fail(5);
    assertThat(circuit.breaker().since()).isEqualTo(START.plusSeconds(5));
    ticker.move(Duration.ofMillis(499));
    assertThat(circuit.enter()).isEqualTo(Circuit.REFUSED);
    ticker.move(Duration.ofMillis(501));
    int first = circuit.enter();
    int second = circuit.enter();
    int third = circuit.enter();
    assertThat(List.of(first, second, third)).doesNotContain(Circuit.REFUSED);
    assertThat(circuit.enter()).as("a fourth at the same time").isEqualTo(Circuit.REFUSED);
    circuit.answered(first);
    circuit.answered(second);
    assertThat(circuit.breaker().state()).isEqualTo(State.HALF_OPEN);
    circuit.answered(third);
    assertThat(changes).containsExactly(State.OPEN, State.HALF_OPEN, State.CLOSED);
    fail(4);
    assertThat(circuit.breaker().state()).isEqualTo(State.CLOSED);
  }

  @Test
  void aTrialCallThatFailsLengthensTheWaitUpToHalfAMinute() {
    fail(5);
    Duration longest = Duration.ZERO;
    for (int i = 0; i < 8; i++) {
      Duration waited = untilLetIn();
      assertThat(waited).isLessThanOrEqualTo(Duration.ofSeconds(30));
      longest = waited.compareTo(longest) > 0 ? waited : longest;
    }
    assertThat(longest).isGreaterThan(Duration.ofSeconds(14));
  }

  /** Returns how long the wait is, and lets the trial call after it fail. */
  private Duration untilLetIn() {
    Duration waited = Duration.ZERO;
    int entry;
    while ((entry = circuit.enter()) == Circuit.REFUSED) {
      ticker.move(Duration.ofMillis(100));
      waited = waited.plusMillis(100);
    }
    circuit.failed(entry, away());
    assertThat(circuit.breaker().state()).isEqualTo(State.OPEN);
    return waited;
  }

  @Test
  void aStoreThatIsBackEndsTheWait() {
    circuit.back();
    assertThat(circuit.breaker().state()).isEqualTo(State.CLOSED);
    fail(5);
    circuit.back();
    answer(3);
    assertThat(changes).containsExactly(State.OPEN, State.HALF_OPEN, State.CLOSED);
  }

  @Test
  void callsFromBeforeAChangeCountForNothing() {
    int slow = circuit.enter();
    fail(5);
    circuit.back();
    circuit.failed(slow, away());
    circuit.answered(slow);
    assertThat(circuit.breaker().state()).isEqualTo(State.HALF_OPEN);
    answer(3);
    assertThat(circuit.breaker().state()).isEqualTo(State.CLOSED);
  }

  @Test
  void aCallThatWasInterruptedSaysNothingUnlessItWasATrial() {
    for (int i = 0; i < 10; i++) {
      circuit.abandoned(circuit.enter(), away());
    }
    assertThat(changes).isEmpty();
    fail(5);
    circuit.back();
    circuit.abandoned(circuit.enter(), away());
    assertThat(changes).containsExactly(State.OPEN, State.HALF_OPEN, State.OPEN);
  }

  @Test
  void aTrialThatIsServedIsAnsweredOnceAndMayStillFail() {
    fail(5);
    circuit.back();
    int one = circuit.served(circuit.enter());
    int two = circuit.served(circuit.enter());
    circuit.answered(one);
    circuit.abandoned(two, away());
    assertThat(circuit.breaker().state()).isEqualTo(State.HALF_OPEN);
    circuit.failed(two, away());
    assertThat(changes).containsExactly(State.OPEN, State.HALF_OPEN, State.OPEN);
    circuit.back();
    answer(3);
    assertThat(circuit.breaker().state()).isEqualTo(State.CLOSED);
    for (int i = 0; i < 5; i++) {
      int entry = circuit.served(circuit.enter());
      circuit.failed(entry, away());
    }
    assertThat(circuit.breaker().state())
        .as("what is served first fails too")
        .isEqualTo(State.OPEN);
  }

  @Test
  void callsThatSucceedAllocateNothingAndReadNoClock() {
    ticker.fail(new AssertionError("the clock was read"));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    answer(20_000);
    long before = threads.getCurrentThreadAllocatedBytes();
    answer(100_000);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    ticker.fail(null);
  }

  private void answer(int calls) {
    for (int i = 0; i < calls; i++) {
      circuit.answered(circuit.enter());
    }
  }

  private void fail(int calls) {
    for (int i = 0; i < calls; i++) {
      circuit.failed(circuit.enter(), away());
    }
  }

  private static TransientPersistenceException away() {
    return new TransientPersistenceException(DataError.CONNECTION_FAILED, "away");
  }
}
