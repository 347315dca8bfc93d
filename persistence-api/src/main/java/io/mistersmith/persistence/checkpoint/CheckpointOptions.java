package io.mistersmith.persistence.checkpoint;

import java.time.Duration;
import java.util.Optional;

/**
 * How a checkpoint is made. Immutable; {@code with…} methods copy.
 *
 * @param name its name, at most 255 characters
 * @param trigger the reason for it, at most 100 characters
 * @param incremental whether to store only what has changed since the agent's latest checkpoint.
 *     Where there is none, or where it is the last of 32 that need each other, all is stored, so
 *     that old ones can be pruned one day
 * @param allowDeadLetters whether to make it although PostgreSQL refused some of the agent's
 *     entries, which it then lacks
 * @param deadline how long to wait until PostgreSQL has what was written before
 */
public record CheckpointOptions(
    Optional<String> name,
    Optional<String> trigger,
    boolean incremental,
    boolean allowDeadLetters,
    Duration deadline) {

  private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

  /** Checks the lengths that the columns have. */
  public CheckpointOptions {
    Checks.text("checkpoint name", name, 255);
    Checks.text("checkpoint trigger", trigger, 100);
    Checks.positive("checkpoint deadline", deadline);
  }

  /** A checkpoint that needs no other, without a name, within 30 seconds. */
  public static CheckpointOptions full() {
    return new CheckpointOptions(
        Optional.empty(), Optional.empty(), false, false, DEFAULT_DEADLINE);
  }

  /** A checkpoint of what has changed since the latest one, without a name, within 30 seconds. */
  public static CheckpointOptions changes() {
    return new CheckpointOptions(Optional.empty(), Optional.empty(), true, false, DEFAULT_DEADLINE);
  }

  /** With a name. */
  public CheckpointOptions withName(String newName) {
    return new CheckpointOptions(
        Optional.of(newName), trigger, incremental, allowDeadLetters, deadline);
  }

  /** With what makes it necessary. */
  public CheckpointOptions withTrigger(String newTrigger) {
    return new CheckpointOptions(
        name, Optional.of(newTrigger), incremental, allowDeadLetters, deadline);
  }

  /** Also without the entries that PostgreSQL refused. */
  public CheckpointOptions allowingDeadLetters() {
    return new CheckpointOptions(name, trigger, incremental, true, deadline);
  }

  /** With another deadline. */
  public CheckpointOptions withDeadline(Duration newDeadline) {
    return new CheckpointOptions(name, trigger, incremental, allowDeadLetters, newDeadline);
  }
}
