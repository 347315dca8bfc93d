package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.config.BucketConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What a stream in memory refuses, as nats-server does. */
record Refusals(String bucket, BucketConfig config) {

  private static final int MAX_PAYLOAD = 1024 * 1024;
  private static final int HEADER_ROOM = 6 * 1024;

  int maxValueBytes() {
    return Math.min(MAX_PAYLOAD - HEADER_ROOM, config.maxValueBytes().orElse(MAX_PAYLOAD));
  }

  /** Returns a copy of the bytes to store. Fails when they are too large. */
  byte[] fitting(String subject, Operation operation, byte[] value) {
    byte[] stored = operation == Operation.DELETE ? new byte[0] : value.clone();
    int most = Math.min(MAX_PAYLOAD, config.maxValueBytes().orElse(MAX_PAYLOAD));
    if (stored.length > most) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          subject + ": the value has " + stored.length + " bytes, the bucket takes " + most);
    }
    return stored;
  }

  void checkExpected(String subject, @Nullable Deque<Message> history, long expectedSequence) {
    long actual = history == null ? HotWrites.NONE : history.getLast().sequence();
    if (expectedSequence != HotWrites.ANY && expectedSequence != actual) {
      throw new TransientPersistenceException(
          DataError.VERSION_CONFLICT,
          subject
              + ": its last sequence is "
              + actual
              + ", not "
              + expectedSequence
              + "; the write was not applied");
    }
  }

  /**
   * A full stream refuses a message unless it pushes out a larger one of its own subject, which is
   * how the server decides.
   *
   * @param bytes how many the stream holds, with those that are stored together with this message
   */
  void checkRoom(String subject, @Nullable Deque<Message> history, long size, long bytes) {
    if (config.maxBytes().isEmpty() || bytes + size < config.maxBytes().get()) {
      return;
    }
    boolean replaces =
        history != null && history.size() >= config.history() && history.getFirst().size() > size;
    if (!replaces) {
      throw new NonTransientPersistenceException(
          DataError.STORE_FULL,
          subject
              + ": bucket "
              + bucket
              + " holds "
              + bytes
              + " of "
              + config.maxBytes().get()
              + " bytes; raise maxBytes, or wait until entries are evicted");
    }
  }
}
