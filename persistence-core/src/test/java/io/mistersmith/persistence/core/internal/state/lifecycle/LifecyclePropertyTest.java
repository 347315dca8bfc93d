package io.mistersmith.persistence.core.internal.state.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * For all operations in any order, only legal changes are reported, and each continues the last.
 */
class LifecyclePropertyTest {

  private static final Duration IDLE = Duration.ofMinutes(30);

  /** Operations on an agent. */
  enum Happening {
    WRITE,
    READ,
    READ_HYDRATES,
    READ_HYDRATED,
    READ_NOT_HYDRATED,
    HYDRATION_BEGINS,
    HYDRATION_ENDS,
    HYDRATION_FAILS,
    FLUSH_BEGINS,
    FLUSH_ENDS,
    FLUSH_FAILS,
    A_WHILE,
    THE_TIME_TO_LIVE,
    SWEEP
  }

  /** The operations in flight for an agent: only one that began can end. */
  private static final class UnderWay {
    private int reads;
    private int hydrations;
    private int flushes;
  }

  private final ManualClock clock = ManualClock.create();
  private final Chains chains = new Chains();
  private final Map<AgentId, UnderWay> underWay = new HashMap<>();

  @Property(tries = 10_000)
  void onlyLegalChangesInOneStory(
      @ForAll @Size(max = 60) List<Happening> happenings,
      @ForAll @Size(60) List<@IntRange(max = 3) Integer> agents,
      @ForAll @IntRange(min = 1, max = 4) int capacity) {
    AgentStates states = new AgentStates(capacity, IDLE, clock, chains);
    for (int i = 0; i < happenings.size(); i++) {
      AgentId agent = AgentId.external("agent-" + agents.get(i));
      happen(states, happenings.get(i), agent);
      assertThat(states.state(agent)).isEqualTo(chains.last(agent));
      assertThat(shown(agent)).contains(states.state(agent));
    }
    chains.assertUnbroken();
    underWay.keySet().forEach(agent -> endAll(states, agent));
    clock.advance(IDLE);
    states.sweep();
    states.sweep();
    assertThat(states.size()).isZero();
    assertThat(underWay.keySet()).allMatch(agent -> chains.last(agent) == LifecycleState.COLD);
    chains.assertUnbroken();
  }

  /** The states that are true of what is under way. */
  private List<LifecycleState> shown(AgentId agent) {
    UnderWay now = underWay.computeIfAbsent(agent, name -> new UnderWay());
    boolean hydrates = now.hydrations + now.reads > 0;
    if (hydrates && now.flushes > 0) {
      return List.of(LifecycleState.HYDRATING, LifecycleState.FLUSHING);
    }
    if (hydrates) {
      return List.of(LifecycleState.HYDRATING);
    }
    return now.flushes > 0
        ? List.of(LifecycleState.FLUSHING)
        : List.of(LifecycleState.COLD, LifecycleState.ACTIVE, LifecycleState.EXPIRED);
  }

  private void endAll(AgentStates states, AgentId agent) {
    UnderWay now = underWay.computeIfAbsent(agent, name -> new UnderWay());
    while (now.reads + now.hydrations + now.flushes > 0) {
      happen(states, Happening.READ_NOT_HYDRATED, agent);
      happen(states, Happening.HYDRATION_FAILS, agent);
      happen(states, Happening.FLUSH_FAILS, agent);
    }
  }

  private void happen(AgentStates states, Happening happening, AgentId agent) {
    UnderWay now = underWay.computeIfAbsent(agent, name -> new UnderWay());
    switch (happening) {
      case WRITE -> states.wrote(agent);
      case READ -> states.read(agent);
      case READ_HYDRATES -> now.reads += states.hydrating(agent) ? 1 : 0;
      case READ_HYDRATED, READ_NOT_HYDRATED -> {
        if (now.reads > 0) {
          now.reads--;
          states.hydrated(agent, happening == Happening.READ_HYDRATED);
        }
      }
      case HYDRATION_BEGINS -> {
        now.hydrations++;
        states.beginHydration(agent);
      }
      case HYDRATION_ENDS, HYDRATION_FAILS -> {
        if (now.hydrations > 0) {
          now.hydrations--;
          states.endHydration(agent, happening == Happening.HYDRATION_ENDS);
        }
      }
      case FLUSH_BEGINS -> {
        now.flushes++;
        states.beginFlush(agent);
      }
      case FLUSH_ENDS, FLUSH_FAILS -> {
        if (now.flushes > 0) {
          now.flushes--;
          states.endFlush(agent, happening == Happening.FLUSH_ENDS);
        }
      }
      case A_WHILE -> clock.advance(Duration.ofMinutes(11));
      case THE_TIME_TO_LIVE -> clock.advance(IDLE);
      case SWEEP -> states.sweep();
    }
  }
}
