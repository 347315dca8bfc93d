package io.mistersmith.persistence.config;

import java.time.Duration;

/**
 * What counts as consistent. Immutable; start from {@link #defaults()} and copy with {@code with…}.
 *
 * @param window a write that is committed later than this is a violation (seed section 7.1: 200 ms)
 */
public record ConsistencyConfig(Duration window) {

  /** Checks every field. */
  public ConsistencyConfig {
    Checks.positive("consistency.window", window);
  }

  /** The defaults. */
  public static ConsistencyConfig defaults() {
    return new ConsistencyConfig(Duration.ofMillis(200));
  }

  /** This configuration with another window. */
  public ConsistencyConfig withWindow(Duration newWindow) {
    return new ConsistencyConfig(newWindow);
  }
}
