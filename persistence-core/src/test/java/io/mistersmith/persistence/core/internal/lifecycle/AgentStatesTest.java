package io.mistersmith.persistence.core.internal.lifecycle;

import static io.mistersmith.persistence.lifecycle.LifecycleState.ACTIVE;
import static io.mistersmith.persistence.lifecycle.LifecycleState.COLD;
import static io.mistersmith.persistence.lifecycle.LifecycleState.EXPIRED;
import static io.mistersmith.persistence.lifecycle.LifecycleState.FLUSHING;
import static io.mistersmith.persistence.lifecycle.LifecycleState.HYDRATING;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.lifecycle.LifecycleCause;
import io.mistersmith.persistence.lifecycle.LifecycleState;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AgentStatesTest {

  private static final Duration IDLE = Duration.ofMinutes(30);
  private static final int CAPACITY = 20;

  private final ManualClock clock = ManualClock.create();
  private final Chains chains = new Chains();
  private final AgentStates states = new AgentStates(CAPACITY, IDLE, clock, chains);

  @Test
  void aWriteOrAReadMakesAnAgentActive() {
    assertThat(states.state("a")).isEqualTo(COLD);
    states.wrote("a");
    states.read("b");
    states.read("a");
    assertThat(states.state("a")).isEqualTo(ACTIVE);
    assertThat(states.state("b")).isEqualTo(ACTIVE);
    assertThat(chains.changes())
        .extracting(change -> change.cause())
        .containsExactly(LifecycleCause.WRITE, LifecycleCause.READ);
    assertThat(states.size()).isEqualTo(2);
  }

  @Test
  void anIdleAgentExpiresAndIsForgottenAtTheSweepAfterThat() {
    states.wrote("a");
    clock.advance(IDLE.minusMillis(1));
    states.sweep();
    assertThat(states.state("a")).isEqualTo(ACTIVE);
    clock.advance(Duration.ofMillis(1));
    states.sweep();
    assertThat(states.state("a")).isEqualTo(EXPIRED);
    states.sweep();
    assertThat(states.state("a")).isEqualTo(COLD);
    assertThat(states.size()).isZero();
    assertThat(chains.reached()).containsExactly(ACTIVE, EXPIRED, COLD);
  }

  @Test
  void aUseKeepsAnAgentActive() {
    states.wrote("a");
    for (int i = 0; i < 3; i++) {
      clock.advance(IDLE.minusSeconds(1));
      states.read("a");
      states.sweep();
    }
    assertThat(chains.reached()).containsExactly(ACTIVE);
  }

  @Test
  void anExpiredAgentThatIsUsedIsColdAndThenActive() {
    states.wrote("a");
    clock.advance(IDLE);
    states.sweep();
    states.wrote("a");
    assertThat(chains.reached()).containsExactly(ACTIVE, EXPIRED, COLD, ACTIVE);
    states.sweep();
    assertThat(states.state("a")).isEqualTo(ACTIVE);
  }

  @Test
  void anExpiredAgentCanBeHydratedAndFlushed() {
    for (int i = 0; i < 2; i++) {
      states.wrote("a");
      clock.advance(IDLE);
      states.sweep();
      assertThat(states.state("a")).isEqualTo(EXPIRED);
      chains.reached();
      if (i == 0) {
        states.beginHydration("a");
        assertThat(chains.reached()).containsExactly(COLD, HYDRATING);
        states.endHydration("a", true);
      } else {
        states.beginFlush("a");
        assertThat(chains.reached()).containsExactly(COLD, ACTIVE, FLUSHING);
        states.endFlush("a", true);
      }
      assertThat(chains.reached()).containsExactly(ACTIVE);
    }
  }

  @Test
  void aHydrationThatFailsLeavesAColdAgentColdAndAnActiveOneActive() {
    states.beginHydration("a");
    assertThat(states.state("a")).isEqualTo(HYDRATING);
    states.endHydration("a", false);
    assertThat(chains.reached()).containsExactly(HYDRATING, COLD);
    assertThat(states.size()).isZero();
    states.wrote("a");
    states.beginHydration("a");
    states.endHydration("a", false);
    assertThat(chains.reached()).containsExactly(ACTIVE, HYDRATING, ACTIVE);
  }

  @Test
  void anAgentThatIsWrittenWhileItsHydrationFailsIsActive() {
    states.beginHydration("a");
    states.wrote("a");
    assertThat(states.state("a")).isEqualTo(HYDRATING);
    states.endHydration("a", false);
    assertThat(states.state("a")).isEqualTo(ACTIVE);
    assertThat(chains.changes().get(1).cause()).isEqualTo(LifecycleCause.HYDRATION_FAILED);
  }

  @Test
  void aReadShowsItsHydrationOfAColdAgentOnly() {
    assertThat(states.hydrating("a")).isTrue();
    assertThat(states.state("a")).isEqualTo(HYDRATING);
    states.hydrated("a", true);
    assertThat(states.hydrating("a")).isFalse();
    assertThat(chains.reached()).containsExactly(HYDRATING, ACTIVE);
  }

  @Test
  void aFlushIsOverWithTheLastOfThoseUnderWay() {
    states.wrote("a");
    states.beginFlush("a");
    states.beginFlush("a");
    states.endFlush("a", true);
    states.wrote("a");
    assertThat(states.state("a")).isEqualTo(FLUSHING);
    states.endFlush("a", false);
    assertThat(chains.reached()).containsExactly(ACTIVE, FLUSHING, ACTIVE);
  }

  @Test
  void whatOverlapsIsShownOneAfterTheOther() {
    states.beginHydration("a");
    states.beginFlush("a");
    assertThat(states.state("a")).isEqualTo(HYDRATING);
    states.endHydration("a", false);
    assertThat(states.state("a")).isEqualTo(FLUSHING);
    states.beginHydration("a");
    states.endFlush("a", true);
    assertThat(states.state("a")).isEqualTo(HYDRATING);
    states.endHydration("a", true);
    assertThat(chains.reached())
        .containsExactly(HYDRATING, ACTIVE, FLUSHING, ACTIVE, HYDRATING, ACTIVE);
  }

  @Test
  void whatIsUnderWayDoesNotExpire() {
    states.beginHydration("a");
    states.beginFlush("b");
    clock.advance(IDLE.multipliedBy(2));
    states.sweep();
    states.sweep();
    assertThat(states.state("a")).isEqualTo(HYDRATING);
    assertThat(states.state("b")).isEqualTo(FLUSHING);
    states.endHydration("a", true);
    states.endFlush("b", true);
    states.sweep();
    assertThat(states.state("a")).isEqualTo(ACTIVE);
    assertThat(states.state("b")).isEqualTo(ACTIVE);
  }

  @Test
  void beyondTheCapacityThoseThatWereIdleForLongestLeave() {
    states.beginFlush("busy");
    for (int i = 0; i < 10 * CAPACITY; i++) {
      clock.advance(Duration.ofMillis(1));
      states.wrote("agent-" + i);
      assertThat(states.size()).isLessThanOrEqualTo(CAPACITY);
      assertThat(states.state("agent-" + i)).isEqualTo(ACTIVE);
    }
    assertThat(states.state("agent-0")).isEqualTo(COLD);
    assertThat(states.state("busy")).isEqualTo(FLUSHING);
    assertThat(chains.changes())
        .filteredOn(change -> change.to() == COLD)
        .allMatch(change -> change.cause() == LifecycleCause.NO_ROOM)
        .hasSizeGreaterThanOrEqualTo(9 * CAPACITY);
    chains.assertUnbroken();
  }

  @Test
  void afterItsEndNoAgentIsAnythingButCold() {
    states.wrote("active");
    states.wrote("expired");
    clock.advance(IDLE);
    states.read("active");
    states.sweep();
    assertThat(states.state("expired")).isEqualTo(EXPIRED);
    states.beginFlush("busy");
    states.close();
    assertThat(states.state("active")).isEqualTo(COLD);
    assertThat(states.state("expired")).isEqualTo(COLD);
    assertThat(states.state("busy")).as("its flush is not over").isEqualTo(FLUSHING);
    states.endFlush("busy", true);
    assertThat(states.state("busy")).isEqualTo(COLD);
    states.read("late");
    assertThat(states.size()).isZero();
    assertThat(chains.changes())
        .filteredOn(change -> change.to() == COLD)
        .hasSize(4)
        .allMatch(change -> change.cause() == LifecycleCause.CLOSED);
    chains.assertUnbroken();
  }

  @Test
  void manyThreadsMakeOneLegalStoryOfEachAgent() throws Exception {
    List<String> agents = new ArrayList<>();
    for (int i = 0; i < CAPACITY + 10; i++) {
      agents.add("agent-" + i);
    }
    int threads = 6;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        Random random = new Random(t);
        running.add(
            pool.submit(
                () -> {
                  for (int i = 0; i < 20_000; i++) {
                    anything(random, agents.get(random.nextInt(agents.size())));
                  }
                }));
      }
      for (Future<?> each : running) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isNull();
      }
    } finally {
      pool.shutdownNow();
    }
    chains.assertUnbroken();
    for (String agent : agents) {
      assertThat(states.state(agent)).isEqualTo(chains.last(agent)).isIn(COLD, ACTIVE, EXPIRED);
    }
    clock.advance(IDLE);
    states.sweep();
    states.sweep();
    assertThat(states.size()).isZero();
    assertThat(agents).allMatch(agent -> chains.last(agent) == LifecycleState.COLD);
  }

  private void anything(Random random, String agent) {
    switch (random.nextInt(8)) {
      case 0, 1 -> states.wrote(agent);
      case 2, 3 -> states.read(agent);
      case 4 -> {
        if (states.hydrating(agent)) {
          states.hydrated(agent, random.nextBoolean());
        }
      }
      case 5 -> {
        states.beginHydration(agent);
        states.wrote(agent);
        states.endHydration(agent, random.nextBoolean());
      }
      case 6 -> {
        states.beginFlush(agent);
        states.endFlush(agent, random.nextBoolean());
      }
      default -> {
        clock.advance(Duration.ofMinutes(random.nextInt(20)));
        states.sweep();
      }
    }
  }
}
