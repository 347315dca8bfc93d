package io.mistersmith.persistence.agent;

import static io.mistersmith.persistence.agent.LifecycleState.ACTIVE;
import static io.mistersmith.persistence.agent.LifecycleState.COLD;
import static io.mistersmith.persistence.agent.LifecycleState.EXPIRED;
import static io.mistersmith.persistence.agent.LifecycleState.FLUSHING;
import static io.mistersmith.persistence.agent.LifecycleState.HYDRATING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LifecycleStateTest {

  private record Pair(LifecycleState from, LifecycleState to) {}

  private static final Set<Pair> LEGAL =
      Set.of(
          new Pair(COLD, HYDRATING),
          new Pair(COLD, ACTIVE),
          new Pair(HYDRATING, ACTIVE),
          new Pair(HYDRATING, COLD),
          new Pair(ACTIVE, HYDRATING),
          new Pair(ACTIVE, FLUSHING),
          new Pair(ACTIVE, EXPIRED),
          new Pair(FLUSHING, ACTIVE),
          new Pair(EXPIRED, COLD));

  @Test
  void allowsTheLegalTransitionsAndNoOther() {
    for (LifecycleState from : LifecycleState.values()) {
      for (LifecycleState to : LifecycleState.values()) {
        assertThat(from.canBecome(to))
            .as(from + " to " + to)
            .isEqualTo(LEGAL.contains(new Pair(from, to)));
      }
    }
  }

  @Test
  void anIllegalChangeCannotBeMade() {
    for (LifecycleState from : LifecycleState.values()) {
      for (LifecycleState to : LifecycleState.values()) {
        if (LEGAL.contains(new Pair(from, to))) {
          assertThat(change(from, to).to()).isEqualTo(to);
        } else {
          assertThatThrownBy(() -> change(from, to))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContainingAll("agent _a", from.name(), to.name());
        }
      }
    }
  }

  private static PersistenceEvent.LifecycleChanged change(LifecycleState from, LifecycleState to) {
    return new PersistenceEvent.LifecycleChanged(
        AgentId.external("a"), from, to, Instant.EPOCH, LifecycleState.Cause.WRITE);
  }
}
