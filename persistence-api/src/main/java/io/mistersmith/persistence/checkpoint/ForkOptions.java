package io.mistersmith.persistence.checkpoint;

import java.time.Duration;

/**
 * How a checkpoint becomes the state of another agent.
 *
 * @param replacing whether the other agent may have entries, which are then replaced or deleted
 * @param deadline how long it may take until all of it is in PostgreSQL
 */
public record ForkOptions(boolean replacing, Duration deadline) {

  /** Checks the deadline. */
  public ForkOptions {
    Checks.positive("fork deadline", deadline);
  }

  /** Only to an agent that has no entries. */
  public static ForkOptions toEmpty(Duration deadline) {
    return new ForkOptions(false, deadline);
  }

  /** In place of whatever the agent has. */
  public static ForkOptions replacing(Duration deadline) {
    return new ForkOptions(true, deadline);
  }
}
