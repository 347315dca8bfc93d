package io.mistersmith.persistence.lifecycle;

import java.time.Instant;

/**
 * One change of an agent's lifecycle state in this process. There is none that is not legal.
 *
 * @param agent whose state
 * @param from what it was
 * @param to what it is now
 * @param at when, by the configured clock
 * @param cause why
 */
public record LifecycleChange(
    String agent, LifecycleState from, LifecycleState to, Instant at, LifecycleCause cause) {

  /**
   * Checks that the change is legal.
   *
   * @throws IllegalStateException when {@code to} cannot follow {@code from}
   */
  public LifecycleChange {
    if (!from.canBecome(to)) {
      throw new IllegalStateException(
          "agent " + agent + ": " + from + " cannot become " + to + ", only " + from.next());
    }
  }
}
