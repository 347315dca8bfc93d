package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.nats.client.Connection;
import io.nats.client.impl.Headers;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The messages by which entries are written, and what their refusals mean. Thread-safe. */
final class EntryMessages {

  private static final Logger LOG = LoggerFactory.getLogger(EntryMessages.class);

  /** More than an entry's headers take: a vector clock of 32 nodes is the most of it. */
  private static final int HEADER_ROOM = 6 * 1024;

  private final NatsLink link;
  private final BucketStream stream;
  private final int maxValueBytes;
  private final Clock clock;
  private volatile long maxPayload = Integer.MAX_VALUE;

  EntryMessages(NatsLink link, BucketStream stream, Optional<Integer> maxValueBytes, Clock clock) {
    this.link = link;
    this.stream = stream;
    this.maxValueBytes = maxValueBytes.orElse(Integer.MAX_VALUE);
    this.clock = clock;
  }

  int maxValueBytes() {
    try {
      maxPayload = link.connection().getMaxPayload();
    } catch (PersistenceException e) {
      LOG.trace("{}; the last connection's limit holds", e.getMessage());
    }
    return (int) Math.min(maxValueBytes, Math.max(maxPayload / 2, maxPayload - HEADER_ROOM));
  }

  String subject(StateKey key) {
    return stream.subjectPrefix() + KeyEncoding.encode(key);
  }

  static byte[] body(Operation operation, byte[] value) {
    return operation == Operation.DELETE ? Entries.NO_VALUE : value;
  }

  /** Returns the headers of a message that the server takes. Fails where nothing can be sent. */
  @Nullable Headers fitting(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    try {
      Headers headers = headers(operation, metadata, expectedSequence);
      requireFits(key, value, headers, link.connection());
      return headers;
    } catch (RuntimeException e) {
      throw link.failure(what(key), e);
    }
  }

  private @Nullable Headers headers(
      Operation operation, EntryMetadata metadata, long expectedSequence) {
    Optional<Duration> serverExpiresAfter =
        stream.messageTtl()
            ? metadata.expiresAt().map(time -> Duration.between(clock.instant(), time))
            : Optional.empty();
    return EntryHeaders.write(operation, metadata, expectedSequence, serverExpiresAfter);
  }

  private void requireFits(
      StateKey key, byte[] value, @Nullable Headers headers, Connection connection) {
    long headerBytes = headers == null ? 0 : headers.serializedLength();
    long bytes = value.length + headerBytes;
    long most = connection.getMaxPayload();
    if (stream.maxMessageBytes() > 0) {
      most = Math.min(most, stream.maxMessageBytes());
    }
    if (value.length > maxValueBytes || bytes > most) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          what(key)
              + ": the value has "
              + value.length
              + " bytes, more than the "
              + Math.min(maxValueBytes, most - headerBytes)
              + " that the bucket and the server take; nothing was sent");
    }
  }

  PersistenceException refused(StateKey key, long expectedSequence, Throwable cause) {
    PersistenceException failure = link.failure(what(key), cause);
    return failure.error() == DataError.VERSION_CONFLICT
        ? new TransientPersistenceException(
            DataError.VERSION_CONFLICT,
            what(key)
                + ": the latest message is not "
                + (expectedSequence == HotWrites.NONE
                    ? "none, as expected"
                    : "the expected sequence " + expectedSequence)
                + "; nothing was written ("
                + failure.getMessage()
                + ")",
            cause)
        : failure;
  }

  String what(StateKey key) {
    return "write " + key + " to bucket " + stream.bucket();
  }
}
