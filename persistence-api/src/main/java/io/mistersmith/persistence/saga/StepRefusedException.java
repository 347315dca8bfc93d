package io.mistersmith.persistence.saga;

/**
 * A step cannot be done, and no repetition would help; nothing of it was done. Thrown by an action,
 * it ends the attempts at the step, whose compensation is not run: unless an earlier attempt failed
 * otherwise, or was another runner's, and may have done it. Thrown by a compensation, it ends the
 * attempts at that, and the run becomes {@code COMPENSATION_FAILED}.
 */
public class StepRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Refuses a step.
   *
   * @param reason why, for people; it is kept with the run, so it holds no secrets
   */
  public StepRefusedException(String reason) {
    super(reason);
  }

  /** Refuses a step because of a failure. */
  public StepRefusedException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
