package io.mistersmith.persistence.core.internal.lifecycle;

import io.mistersmith.persistence.lifecycle.Hydration;
import java.time.Duration;

/** Moves all of an agent's entries between the layers. Thread-safe. */
public interface AgentMoves {

  /** For a bucket with nothing behind it: there is nowhere to move to. */
  AgentMoves NONE =
      new AgentMoves() {
        @Override
        public Hydration hydrate(String agent) {
          return new Hydration(agent, 0, 0, 0, Duration.ZERO);
        }

        @Override
        public void flush(String agent, Duration deadline) {}
      };

  /** Brings all of the agent's flushed entries into KV that are not there. */
  Hydration hydrate(String agent);

  /** Has all that was written for the agent until now flushed at once, and waits for it. */
  void flush(String agent, Duration deadline);
}
