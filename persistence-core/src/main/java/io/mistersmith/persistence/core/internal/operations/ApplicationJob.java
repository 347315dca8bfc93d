package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.config.MonitoringConfig;
import java.time.Duration;
import java.util.Optional;

/**
 * A job that the application gave to the upkeep, such as a backup or a restore drill.
 *
 * @param given what the configuration says of it
 */
record ApplicationJob(MonitoringConfig.Job given) implements UpkeepJob {

  @Override
  public String name() {
    return given.name();
  }

  @Override
  public String purpose() {
    return given.purpose();
  }

  @Override
  public Duration every() {
    return given.every();
  }

  @Override
  public boolean lasts() {
    return true;
  }

  @Override
  public String needs() {
    return "nothing";
  }

  @Override
  public Optional<String> run() {
    return Optional.of(given.work().get());
  }
}
