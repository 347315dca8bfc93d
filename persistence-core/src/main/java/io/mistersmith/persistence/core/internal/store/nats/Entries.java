package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.Operation;
import io.nats.client.Message;
import io.nats.client.api.MessageInfo;
import io.nats.client.impl.Headers;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** Makes entries of the answers to get requests. */
final class Entries {

  static final byte[] NO_VALUE = new byte[0];

  private Entries() {}

  /** The entry in an answer to a direct get. */
  static HotEntry ofDirect(StateKey key, Message answer) {
    Headers headers = answer.getHeaders();
    String sequence = headers == null ? null : headers.getLast("Nats-Sequence");
    String time = headers == null ? null : headers.getLast("Nats-Time-Stamp");
    if (sequence == null || time == null) {
      throw NatsFailures.unreachable("get " + key, "the answer holds no sequence and time");
    }
    try {
      return entry(key, Long.parseLong(sequence), Instant.parse(time), headers, answer.getData());
    } catch (NumberFormatException | DateTimeParseException e) {
      throw NatsFailures.unreachable("get " + key, "the answer's sequence or time is none", e);
    }
  }

  /** The entry in the leader's answer. */
  static HotEntry ofLeader(StateKey key, MessageInfo answer) {
    ZonedDateTime time = answer.getTime();
    if (time == null) {
      throw NatsFailures.unreachable("get " + key, "the answer holds no time");
    }
    return entry(key, answer.getSeq(), time.toInstant(), answer.getHeaders(), answer.getData());
  }

  private static HotEntry entry(
      StateKey key,
      long sequence,
      Instant time,
      @Nullable Headers headers,
      byte @Nullable [] value) {
    Operation operation = EntryHeaders.operation(headers);
    return new HotEntry(
        key,
        sequence,
        time,
        operation,
        operation == Operation.DELETE || value == null ? NO_VALUE : value,
        EntryHeaders.metadata(headers));
  }
}
