package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.Optional;

/**
 * One message of a bucket's stream, in stream order.
 *
 * @param subject the raw subject, as {@link HotBucket#evict} takes it
 * @param key the key, empty when the subject is none that this library writes
 * @param sequence the message's place in the stream
 * @param time when the server stored it, to the nanosecond
 * @param operation what it does
 * @param value the exact bytes; empty for a marker, or where only headers were asked for
 * @param metadata what travels with it
 * @param pending how many messages follow it now
 * @param unreadable why it could not be read and its raw headers; empty for a message that was read
 */
@SuppressWarnings("ArrayRecordComponent") // entries are carried, never compared
public record JournalEntry(
    String subject,
    Optional<StateKey> key,
    long sequence,
    Instant time,
    Operation operation,
    byte[] value,
    EntryMetadata metadata,
    long pending,
    Optional<Unreadable> unreadable) {

  /** A message that was read. */
  public JournalEntry(
      String subject,
      Optional<StateKey> key,
      long sequence,
      Instant time,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long pending) {
    this(subject, key, sequence, time, operation, value, metadata, pending, Optional.empty());
  }
}
