package io.mistersmith.persistence.saga;

import io.mistersmith.persistence.transaction.Transaction;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * A step of a saga: an action, and a compensation that undoes it. Immutable; each {@code with}
 * returns a copy.
 *
 * <p>What takes effect how often depends on the kind of the step:
 *
 * <ul>
 *   <li>in a transaction: once, since the log's row is committed with the step's rows;
 *   <li>an entry in KV, or a row of a table: once, and its compensation is built in. It restores
 *       the previous value, and refuses where somebody else has written since;
 *   <li>a call of the application's code: at least once, with a stable {@link
 *       SagaContext#idempotencyKey}. Its compensation is run when the action was begun, whether or
 *       not it is known to have succeeded. A call can be late: it may arrive after the compensation
 *       that undoes it, and a participant refuses it then;
 *   <li>a saga of its own: once, with all of its steps.
 * </ul>
 */
public final class SagaStep {

  /** The longest name, in characters. */
  public static final int MAX_NAME_LENGTH = 100;

  /** The work of a step, or of its compensation. */
  public sealed interface Work {}

  /** Calls the application's code. */
  @FunctionalInterface
  public non-sealed interface Call extends Work {

    /**
     * Does the work. It runs on a thread of the runner's, and is interrupted when its time is over.
     *
     * @return the result, a JSON object; may be empty
     */
    Map<String, Object> run(SagaContext context) throws Exception;
  }

  /** Works in a transaction, in which the log's row is written too. */
  @FunctionalInterface
  public non-sealed interface InTransaction extends Work {

    /**
     * Does the work. It may run several times: only what is committed counts.
     *
     * @return the result, a JSON object; may be empty
     */
    Map<String, Object> run(SagaContext context, Transaction transaction);
  }

  /**
   * Changes an entry in KV; its compensation is built in.
   *
   * @param change says what is changed; called once for each attempt
   */
  public record Entry(Function<? super SagaContext, ? extends EntryChange<?>> change)
      implements Work {}

  /**
   * Changes a row of the application's own table; its compensation is built in.
   *
   * @param change says what is changed; called once for each attempt
   */
  public record Row(Function<? super SagaContext, RowChange> change) implements Work {}

  /**
   * Runs another saga; its compensation compensates that.
   *
   * @param saga the other saga
   * @param input says what it is started with
   */
  public record Nested(Saga saga, Function<? super SagaContext, Map<String, Object>> input)
      implements Work {}

  private final String name;
  private final Work action;
  private final Optional<Work> compensation;
  private final int attempts;
  private final Duration pause;
  private final Duration timeout;

  private SagaStep(
      String name,
      Work action,
      Optional<Work> compensation,
      int attempts,
      Duration pause,
      Duration timeout) {
    this.name = name;
    this.action = action;
    this.compensation = compensation;
    this.attempts = attempts;
    this.pause = pause;
    this.timeout = timeout;
  }

  private static SagaStep step(String name, Work action) {
    Objects.requireNonNull(name, "name");
    if (name.isEmpty() || name.length() > MAX_NAME_LENGTH || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "the name of a step has 1 to " + MAX_NAME_LENGTH + " characters, none of them NUL");
    }
    return new SagaStep(
        name,
        Objects.requireNonNull(action, "action"),
        Optional.empty(),
        3,
        Duration.ofMillis(100),
        Duration.ofSeconds(30));
  }

  /** Returns a step that calls the application's code. */
  public static SagaStep call(String name, Call action) {
    return step(name, action);
  }

  /** Returns a step that works in a transaction. */
  public static SagaStep inTransaction(String name, InTransaction action) {
    return step(name, action);
  }

  /** Returns a step that changes an entry in KV. */
  public static SagaStep entry(
      String name, Function<? super SagaContext, ? extends EntryChange<?>> change) {
    return step(name, new Entry(change));
  }

  /** Returns a step that changes a row of the application's own table. */
  public static SagaStep row(String name, Function<? super SagaContext, RowChange> change) {
    return step(name, new Row(change));
  }

  /** Returns a step that runs another saga, which the same runners know. */
  public static SagaStep nested(
      String name, Saga saga, Function<? super SagaContext, Map<String, Object>> input) {
    return step(name, new Nested(saga, input));
  }

  /**
   * Returns a copy that is undone by a call.
   *
   * @throws IllegalStateException when its compensation is built in
   */
  public SagaStep compensatedByCall(Call undo) {
    return compensatedBy(undo);
  }

  /**
   * Returns a copy that is undone in a transaction.
   *
   * @throws IllegalStateException when its compensation is built in
   */
  public SagaStep compensatedInTransaction(InTransaction undo) {
    return compensatedBy(undo);
  }

  private SagaStep compensatedBy(Work undo) {
    if (hasBuiltInCompensation()) {
      throw new IllegalStateException("step " + name + ": its compensation is built in");
    }
    return new SagaStep(name, action, Optional.of(undo), attempts, pause, timeout);
  }

  /**
   * Returns a copy that is tried so often, and its compensation too; at first it is 3.
   *
   * @throws IllegalArgumentException when it is not positive
   */
  public SagaStep withAttempts(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("step " + name + ": " + most + " attempts; give it 1");
    }
    return new SagaStep(name, action, compensation, most, pause, timeout);
  }

  /**
   * Returns a copy that waits so long after the first failed attempt, and twice as long after each
   * further one, up to 5 seconds; at first it is 100 ms.
   */
  public SagaStep withPause(Duration first) {
    if (first.isNegative()) {
      throw new IllegalArgumentException("step " + name + ": the pause " + first + " is negative");
    }
    return new SagaStep(name, action, compensation, attempts, first, timeout);
  }

  /**
   * Returns a copy whose attempts may take so long; at first it is 30 s. A nested saga has its own
   * time instead.
   */
  public SagaStep withTimeout(Duration most) {
    if (most.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(
          "step " + name + ": the timeout " + most + "; give it a millisecond or more");
    }
    return new SagaStep(name, action, compensation, attempts, pause, most);
  }

  /** Returns the name, which no other step of the saga has. */
  public String name() {
    return name;
  }

  /** Returns what it does. */
  public Work action() {
    return action;
  }

  /** Returns what undoes it, where that is the application's own; empty else. */
  public Optional<Work> compensation() {
    return compensation;
  }

  /** Whether this library undoes it. */
  public boolean hasBuiltInCompensation() {
    return action instanceof Entry || action instanceof Row || action instanceof Nested;
  }

  /** Returns how often it is tried. */
  public int attempts() {
    return attempts;
  }

  /** Returns how long it waits after the first failed attempt. */
  public Duration pause() {
    return pause;
  }

  /** Returns how long an attempt may take. */
  public Duration timeout() {
    return timeout;
  }

  @Override
  public String toString() {
    return "SagaStep " + name;
  }
}
