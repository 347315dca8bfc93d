package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/** A message in a stream. */
@SuppressWarnings("ArrayRecordComponent") // never compared, and cloned where it leaves
record Message(
    String subject,
    Optional<StateKey> key,
    long sequence,
    Instant time,
    Operation operation,
    byte[] value,
    EntryMetadata metadata) {

  /** Approximate bytes that nats-server adds to a message in its store. */
  private static final long OVERHEAD = 30;

  private static final long HEADER = 40;
  private static final byte[] NOTHING = {};

  /** The size that counts against the bucket's bound. */
  long size() {
    return size(subject, value, metadata);
  }

  static long size(String subject, byte[] value, EntryMetadata metadata) {
    return OVERHEAD
        + subject.getBytes(StandardCharsets.UTF_8).length
        + value.length
        + (metadata.copyOf().isPresent() ? HEADER : 0)
        + (metadata.expiresAt().isPresent() ? HEADER : 0)
        + (metadata.writeId().isPresent() ? HEADER : 0)
        + (metadata.trace().isPresent() ? HEADER : 0)
        + (metadata.actor().isPresent() ? HEADER : 0);
  }

  HotEntry toEntry(StateKey itsKey, boolean withValue) {
    return new HotEntry(itsKey, sequence, time, operation, copy(withValue), metadata);
  }

  JournalEntry toJournalEntry(boolean withValue, long pending) {
    return new JournalEntry(
        subject, key, sequence, time, operation, copy(withValue), metadata, pending);
  }

  private byte[] copy(boolean withValue) {
    return withValue ? value.clone() : NOTHING;
  }
}
