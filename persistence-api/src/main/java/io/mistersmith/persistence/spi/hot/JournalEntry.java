package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.Optional;

/**
 * One message of a bucket's stream, in stream order.
 *
 * @param subject the raw subject, as {@link HotWrites#evict} takes it
 * @param key the key, empty when the subject is none that this library writes
 * @param sequence the message's place in the stream
 * @param time when the server stored it, to the nanosecond
 * @param operation its kind
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

  /**
   * Marks a message that could not be read as an entry, and keeps the parts that are not in the
   * value. Such a message becomes a dead letter, however it looks otherwise.
   *
   * @param reason why it could not be read, without values
   * @param headers the header block as it was published; empty where the message has none
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record Unreadable(String reason, byte[] headers) {}
}
