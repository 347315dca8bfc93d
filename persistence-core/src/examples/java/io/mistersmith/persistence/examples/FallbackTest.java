package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.guard.Escalation;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.guard.StoreGuard.Answer;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.junit.PersistenceExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How a call is answered while a store is away, and what an operator sees. */
@ExtendWith(PersistenceExtension.class)
class FallbackTest {

  @Test
  void answersWithWhatIsKnown(Persistence persistence) {
    AgentId agent = persistence.agents().save(Agent.of("planner", "Ada")).value().id();
    StateRepository<String> notes = persistence.states(String.class);
    notes.save(StateKey.of(agent, "note"), "a river");
    Answer<Integer> count =
        persistence
            .guard()
            .call(
                "count notes", // names it in events and meters: no ids
                () -> notes.keys(agent, "").size(),
                List.of(
                    Fallback.cached(agent.toString(), Duration.ofMinutes(5)), // the latest answer
                    Fallback.value(0)));
    if (!count.isFresh()) {
      count.age().ifPresent(age -> tell("known " + age + " ago, since " + count.cause()));
    }
    assertThat(count.value()).isEqualTo(1);
    assertThat(count.isFresh()).isTrue();
  }

  @Test
  void showsWhatWaitsForAnOperator(Persistence persistence) {
    for (Escalation open : persistence.guard().escalations()) {
      tell(open.notice()); // repair it, then
      persistence.guard().acknowledge(open);
    }
    assertThat(persistence.guard().escalations()).isEmpty();
  }

  private static void tell(String text) {
    assertThat(text).isNotBlank();
  }
}
