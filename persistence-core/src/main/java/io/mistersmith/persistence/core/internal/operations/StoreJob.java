package io.mistersmith.persistence.core.internal.operations;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A job whose work is a call of a store.
 *
 * @param work returns what was done, or empty where what it needs is not there
 */
record StoreJob(
    String name, String purpose, Duration every, String needs, Supplier<Optional<String>> work)
    implements UpkeepJob {

  @Override
  public Optional<String> run() {
    return work.get();
  }
}
