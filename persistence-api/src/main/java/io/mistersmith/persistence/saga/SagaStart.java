package io.mistersmith.persistence.saga;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How a run is started. Immutable; each {@code with} returns a copy.
 *
 * @param input what it is started with, a JSON object
 * @param correlationId ties the run to what else belongs to the same work; made if not given
 * @param uniqueKey starts one run at most with this key
 */
public record SagaStart(
    Map<String, Object> input, Optional<String> correlationId, Optional<String> uniqueKey) {

  /** The longest correlation id and unique key, in characters. */
  public static final int MAX_ID_LENGTH = 255;

  /** Checks the texts and copies the input. */
  public SagaStart {
    input = Map.copyOf(input);
    correlationId.ifPresent(text -> checked("correlation id", text));
    uniqueKey.ifPresent(text -> checked("unique key", text));
  }

  private static void checked(String what, String text) {
    Objects.requireNonNull(text, what);
    if (text.isEmpty() || text.length() > MAX_ID_LENGTH || text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "saga: the " + what + " has 1 to " + MAX_ID_LENGTH + " characters, none of them NUL");
    }
  }

  /** Returns a start with this input. */
  public static SagaStart of(Map<String, Object> input) {
    return new SagaStart(input, Optional.empty(), Optional.empty());
  }

  /** Returns a copy with this correlation id. */
  public SagaStart withCorrelationId(String id) {
    return new SagaStart(input, Optional.of(id), uniqueKey);
  }

  /**
   * Returns a copy that starts nothing where a run of the same definition, whatever its version,
   * has this key, until that is pruned.
   */
  public SagaStart withUniqueKey(String key) {
    return new SagaStart(input, correlationId, Optional.of(key));
  }
}
