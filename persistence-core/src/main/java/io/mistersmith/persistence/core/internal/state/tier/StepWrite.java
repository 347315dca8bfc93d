package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import java.time.Instant;
import java.util.Optional;

/**
 * One write of a step.
 *
 * @param key the key, with its type
 * @param operation its kind
 * @param value the value as JSON; empty for a delete
 * @param expected what the key has to be before the step
 * @param expiresAt when the entry ends
 * @param provenance where the version comes from, of a type whose conflicts are resolved
 * @param isOnce whether the key has neither value nor marker, and never gets another one: it needs
 *     no question, no floor and no place in memory
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record StepWrite(
    StateKey key,
    Operation operation,
    byte[] value,
    Expected expected,
    Optional<Instant> expiresAt,
    Optional<Provenance> provenance,
    boolean isOnce) {

  /** A write of a key that may have been written before. */
  public StepWrite(
      StateKey key,
      Operation operation,
      byte[] value,
      Expected expected,
      Optional<Instant> expiresAt,
      Optional<Provenance> provenance) {
    this(key, operation, value, expected, expiresAt, provenance, false);
  }

  /** A write of a key that has neither value nor marker, and is written once. */
  public static StepWrite once(StateKey key, byte[] value) {
    return new StepWrite(
        key, Operation.PUT, value, new Expected.Absent(), Optional.empty(), Optional.empty(), true);
  }
}
