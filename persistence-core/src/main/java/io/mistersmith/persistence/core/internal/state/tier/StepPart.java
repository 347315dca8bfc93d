package io.mistersmith.persistence.core.internal.state.tier;

import java.util.List;

/**
 * Writes of a step that are decided when it is committed: each depends on where something ends.
 * Used by one thread.
 */
public interface StepPart {

  /**
   * Waits until no other step of this process writes the same; {@link #made} or {@link #failed}
   * ends that. Steps begin their parts in one order, so that none waits for another in a circle.
   */
  void begin();

  /**
   * Decides the writes.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when an expectation is not met;
   *     nothing is written then
   */
  List<StepWrite> decide();

  /** Call this when the server refused what was decided, before it is decided again. */
  void refused();

  /** Call this when the step was made, with the writes that were decided last. */
  void made();

  /** Call this when the step was not made, or that is unknown; also if it did not begin. */
  void failed();

  /** Call this after all parts of a step that was made have ended. It may take a while. */
  void afterwards();
}
