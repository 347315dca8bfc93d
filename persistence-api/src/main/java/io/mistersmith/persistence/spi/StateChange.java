package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.Optional;

/**
 * A write on its way from the journal to the durable store.
 *
 * @param subject the raw subject; any text, also what the durable store's text cannot hold
 * @param key the key; empty when the subject is no legal one, which makes the change a dead letter
 * @param operation what it does
 * @param value the exact bytes
 * @param revision the logical revision
 * @param writtenAt when it was written, by the hot store's clock
 * @param expiresAt when the entry ends
 * @param provenance where the version comes from, of writes whose conflicts are resolved
 * @param unreadable why the message could not be read, which makes the change a dead letter; empty
 *     for one that was read
 */
@SuppressWarnings("ArrayRecordComponent") // changes are carried, never compared
public record StateChange(
    String subject,
    Optional<StateKey> key,
    Operation operation,
    byte[] value,
    Revision revision,
    Instant writtenAt,
    Optional<Instant> expiresAt,
    Optional<Provenance> provenance,
    Optional<Unreadable> unreadable) {

  /** A change of a message that was read. */
  public StateChange(
      String subject,
      Optional<StateKey> key,
      Operation operation,
      byte[] value,
      Revision revision,
      Instant writtenAt,
      Optional<Instant> expiresAt,
      Optional<Provenance> provenance) {
    this(
        subject,
        key,
        operation,
        value,
        revision,
        writtenAt,
        expiresAt,
        provenance,
        Optional.empty());
  }

  /** A change without a provenance. */
  public StateChange(
      String subject,
      Optional<StateKey> key,
      Operation operation,
      byte[] value,
      Revision revision,
      Instant writtenAt,
      Optional<Instant> expiresAt) {
    this(subject, key, operation, value, revision, writtenAt, expiresAt, Optional.empty());
  }
}
