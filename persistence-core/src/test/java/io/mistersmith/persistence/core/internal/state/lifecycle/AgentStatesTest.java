package io.mistersmith.persistence.core.internal.state.lifecycle;

import static io.mistersmith.persistence.agent.LifecycleState.ACTIVE;
import static io.mistersmith.persistence.agent.LifecycleState.COLD;
import static io.mistersmith.persistence.agent.LifecycleState.EXPIRED;
import static io.mistersmith.persistence.agent.LifecycleState.FLUSHING;
import static io.mistersmith.persistence.agent.LifecycleState.HYDRATING;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.model.AgentId;
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
    assertThat(states.state(AgentId.external("a"))).isEqualTo(COLD);
    states.wrote(AgentId.external("a"));
    states.read(AgentId.external("b"));
    states.read(AgentId.external("a"));
    assertThat(states.state(AgentId.external("a"))).isEqualTo(ACTIVE);
    assertThat(states.state(AgentId.external("b"))).isEqualTo(ACTIVE);
    assertThat(chains.changes())
        .extracting(change -> change.cause())
        .containsExactly(LifecycleState.Cause.WRITE, LifecycleState.Cause.READ);
    assertThat(states.size()).isEqualTo(2);
  }

  @Test
  void anIdleAgentExpiresAndIsForgottenAtTheSweepAfterThat() {
    states.wrote(AgentId.external("a"));
    clock.advance(IDLE.minusMillis(1));
    states.sweep();
    assertThat(states.state(AgentId.external("a"))).isEqualTo(ACTIVE);
    clock.advance(Duration.ofMillis(1));
    states.sweep();
    assertThat(states.state(AgentId.external("a"))).isEqualTo(EXPIRED);
    states.sweep();
    assertThat(states.state(AgentId.external("a"))).isEqualTo(COLD);
    assertThat(states.size()).isZero();
    assertThat(chains.reached()).containsExactly(ACTIVE, EXPIRED, COLD);
  }

  @Test
  void aUseKeepsAnAgentActive() {
    states.wrote(AgentId.external("a"));
    for (int i = 0; i < 3; i++) {
      clock.advance(IDLE.minusSeconds(1));
      states.read(AgentId.external("a"));
      states.sweep();
    }
    assertThat(chains.reached()).containsExactly(ACTIVE);
  }

  @Test
  void anExpiredAgentThatIsUsedIsColdAndThenActive() {
    states.wrote(AgentId.external("a"));
    clock.advance(IDLE);
    states.sweep();
    states.wrote(AgentId.external("a"));
    assertThat(chains.reached()).containsExactly(ACTIVE, EXPIRED, COLD, ACTIVE);
    states.sweep();
    assertThat(states.state(AgentId.external("a"))).isEqualTo(ACTIVE);
  }

  @Test
  void anExpiredAgentCanBeHydratedAndFlushed() {
    for (int i = 0; i < 2; i++) {
      states.wrote(AgentId.external("a"));
      clock.advance(IDLE);
      states.sweep();
      assertThat(states.state(AgentId.external("a"))).isEqualTo(EXPIRED);
      chains.reached();
      if (i == 0) {
        states.beginHydration(AgentId.external("a"));
        assertThat(chains.reached()).containsExactly(COLD, HYDRATING);
        states.endHydration(AgentId.external("a"), true);
      } else {
        states.beginFlush(AgentId.external("a"));
        assertThat(chains.reached()).containsExactly(COLD, ACTIVE, FLUSHING);
        states.endFlush(AgentId.external("a"), true);
      }
      assertThat(chains.reached()).containsExactly(ACTIVE);
    }
  }

  @Test
  void aHydrationThatFailsLeavesAColdAgentColdAndAnActiveOneActive() {
    states.beginHydration(AgentId.external("a"));
    assertThat(states.state(AgentId.external("a"))).isEqualTo(HYDRATING);
    states.endHydration(AgentId.external("a"), false);
    assertThat(chains.reached()).containsExactly(HYDRATING, COLD);
    assertThat(states.size()).isZero();
    states.wrote(AgentId.external("a"));
    states.beginHydration(AgentId.external("a"));
    states.endHydration(AgentId.external("a"), false);
    assertThat(chains.reached()).containsExactly(ACTIVE, HYDRATING, ACTIVE);
  }

  @Test
  void anAgentThatIsWrittenWhileItsHydrationFailsIsActive() {
    states.beginHydration(AgentId.external("a"));
    states.wrote(AgentId.external("a"));
    assertThat(states.state(AgentId.external("a"))).isEqualTo(HYDRATING);
    states.endHydration(AgentId.external("a"), false);
    assertThat(states.state(AgentId.external("a"))).isEqualTo(ACTIVE);
    assertThat(chains.changes().get(1).cause()).isEqualTo(LifecycleState.Cause.HYDRATION_FAILED);
  }

  @Test
  void aReadShowsItsHydrationOfAColdAgentOnly() {
    assertThat(states.hydrating(AgentId.external("a"))).isTrue();
    assertThat(states.state(AgentId.external("a"))).isEqualTo(HYDRATING);
    states.hydrated(AgentId.external("a"), true);
    assertThat(states.hydrating(AgentId.external("a"))).isFalse();
    assertThat(chains.reached()).containsExactly(HYDRATING, ACTIVE);
  }

  @Test
  void aFlushIsOverWithTheLastOfThoseUnderWay() {
    states.wrote(AgentId.external("a"));
    states.beginFlush(AgentId.external("a"));
    states.beginFlush(AgentId.external("a"));
    states.endFlush(AgentId.external("a"), true);
    states.wrote(AgentId.external("a"));
    assertThat(states.state(AgentId.external("a"))).isEqualTo(FLUSHING);
    states.endFlush(AgentId.external("a"), false);
    assertThat(chains.reached()).containsExactly(ACTIVE, FLUSHING, ACTIVE);
  }

  @Test
  void whatOverlapsIsShownOneAfterTheOther() {
    states.beginHydration(AgentId.external("a"));
    states.beginFlush(AgentId.external("a"));
    assertThat(states.state(AgentId.external("a"))).isEqualTo(HYDRATING);
    states.endHydration(AgentId.external("a"), false);
    assertThat(states.state(AgentId.external("a"))).isEqualTo(FLUSHING);
    states.beginHydration(AgentId.external("a"));
    states.endFlush(AgentId.external("a"), true);
    assertThat(states.state(AgentId.external("a"))).isEqualTo(HYDRATING);
    states.endHydration(AgentId.external("a"), true);
    assertThat(chains.reached())
        .containsExactly(HYDRATING, ACTIVE, FLUSHING, ACTIVE, HYDRATING, ACTIVE);
  }

  @Test
  void whatIsUnderWayDoesNotExpire() {
    states.beginHydration(AgentId.external("a"));
    states.beginFlush(AgentId.external("b"));
    clock.advance(IDLE.multipliedBy(2));
    states.sweep();
    states.sweep();
    assertThat(states.state(AgentId.external("a"))).isEqualTo(HYDRATING);
    assertThat(states.state(AgentId.external("b"))).isEqualTo(FLUSHING);
    states.endHydration(AgentId.external("a"), true);
    states.endFlush(AgentId.external("b"), true);
    states.sweep();
    assertThat(states.state(AgentId.external("a"))).isEqualTo(ACTIVE);
    assertThat(states.state(AgentId.external("b"))).isEqualTo(ACTIVE);
  }

  @Test
  void beyondTheCapacityThoseThatWereIdleForLongestLeave() {
    states.beginFlush(AgentId.external("busy"));
    for (int i = 0; i < 10 * CAPACITY; i++) {
      clock.advance(Duration.ofMillis(1));
      states.wrote(AgentId.external("agent-" + i));
      assertThat(states.size()).isLessThanOrEqualTo(CAPACITY);
      assertThat(states.state(AgentId.external("agent-" + i))).isEqualTo(ACTIVE);
    }
    assertThat(states.state(AgentId.external("agent-0"))).isEqualTo(COLD);
    assertThat(states.state(AgentId.external("busy"))).isEqualTo(FLUSHING);
    assertThat(chains.changes())
        .filteredOn(change -> change.to() == COLD)
        .allMatch(change -> change.cause() == LifecycleState.Cause.NO_ROOM)
        .hasSizeGreaterThanOrEqualTo(9 * CAPACITY);
    chains.assertUnbroken();
  }

  @Test
  void afterItsEndNoAgentIsAnythingButCold() {
    states.wrote(AgentId.external("active"));
    states.wrote(AgentId.external("expired"));
    clock.advance(IDLE);
    states.read(AgentId.external("active"));
    states.sweep();
    assertThat(states.state(AgentId.external("expired"))).isEqualTo(EXPIRED);
    states.beginFlush(AgentId.external("busy"));
    states.close();
    assertThat(states.state(AgentId.external("active"))).isEqualTo(COLD);
    assertThat(states.state(AgentId.external("expired"))).isEqualTo(COLD);
    assertThat(states.state(AgentId.external("busy")))
        .as("its flush is not over")
        .isEqualTo(FLUSHING);
    states.endFlush(AgentId.external("busy"), true);
    assertThat(states.state(AgentId.external("busy"))).isEqualTo(COLD);
    states.read(AgentId.external("late"));
    assertThat(states.size()).isZero();
    assertThat(chains.changes())
        .filteredOn(change -> change.to() == COLD)
        .hasSize(4)
        .allMatch(change -> change.cause() == LifecycleState.Cause.CLOSED);
    chains.assertUnbroken();
  }

  @Test
  void manyThreadsMakeOneLegalStoryOfEachAgent() throws Exception {
    List<AgentId> agents = new ArrayList<>();
    for (int i = 0; i < CAPACITY + 10; i++) {
      agents.add(AgentId.external("agent-" + i));
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
    for (AgentId agent : agents) {
      assertThat(states.state(agent)).isEqualTo(chains.last(agent)).isIn(COLD, ACTIVE, EXPIRED);
    }
    clock.advance(IDLE);
    states.sweep();
    states.sweep();
    assertThat(states.size()).isZero();
    assertThat(agents).allMatch(agent -> chains.last(agent) == LifecycleState.COLD);
  }

  private void anything(Random random, AgentId agent) {
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
