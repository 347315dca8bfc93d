package io.mistersmith.persistence.core.internal.operations;

import java.time.Duration;
import java.util.Optional;

/**
 * Work that one runtime does again and again for all runtimes of an installation. Called by one
 * thread at a time in a runtime; a run on demand can coincide with a run by another runtime.
 */
public interface UpkeepJob {

  /** Returns its name, such as {@code purge_audit}. */
  String name();

  /** Returns what it is for, in a sentence. */
  String purpose();

  /** Returns how often it runs. */
  Duration every();

  /** Returns whether a run lasts, so that others are not to wait for it. */
  default boolean lasts() {
    return false;
  }

  /** Returns what it works with, such as {@code the set of migrations statements}. */
  String needs();

  /**
   * Does what is due.
   *
   * @return what was done, in a sentence; empty where what it {@link #needs} is not there
   * @throws io.mistersmith.persistence.error.PersistenceException when it failed; it runs again at
   *     its next turn
   */
  Optional<String> run();
}
