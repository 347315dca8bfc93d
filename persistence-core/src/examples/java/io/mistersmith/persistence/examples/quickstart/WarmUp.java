package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;

/** Makes the calls that are measured later, until the JVM has compiled them. */
final class WarmUp {

  private static final Duration TIME = Duration.ofMillis(1_500);
  private static final Duration FLUSH = Duration.ofSeconds(30);
  private static final int KEYS = 64;

  private WarmUp() {}

  /** Writes and reads the entries of an agent of its own. */
  static void run(Persistence persistence) {
    Agent agent = persistence.agents().save(Agent.of("quickstart", "warm-up")).value();
    StateRepository<JsonNode> states = persistence.states(JsonNode.class);
    long end = System.nanoTime() + TIME.toNanos();
    for (int call = 0; System.nanoTime() < end; call++) {
      StateKey key = StateKey.of(agent.id(), AgentState.conversation(call % KEYS));
      states.save(key, AgentState.cursor(call));
      states.find(key);
    }
    persistence.lifecycle().flush(agent.id(), FLUSH);
  }
}
