package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.hot.Operation;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes entries of the answers to get requests. */
final class Entries {

  static final byte[] NO_VALUE = new byte[0];

  private Entries() {}

  /** The entry in an answer to a direct get, of the message on this subject. */
  static HotEntry ofDirect(StateKey key, String subject, Message answer) {
    Headers headers = answer.getHeaders();
    String sequence = headers == null ? null : headers.getLast("Nats-Sequence");
    String time = headers == null ? null : headers.getLast("Nats-Time-Stamp");
    if (sequence == null || time == null) {
      throw NatsFailures.unreachable("get " + key, "the answer holds no sequence and time");
    }
    byte[] value = answer.getData() == null ? NO_VALUE : answer.getData();
    byte[] foreign = ForeignMessage.published(subject, headers, value);
    try {
      return entry(key, Long.parseLong(sequence), Instant.parse(time), headers, value, foreign);
    } catch (NumberFormatException | DateTimeParseException e) {
      throw NatsFailures.unreachable("get " + key, "the answer's sequence or time is none", e);
    }
  }

  /** The place of the {@code message} of the leader's answer. */
  static MessagePlace placeOf(String what, JsonValue message) {
    ZonedDateTime time = JsonValueUtils.readDate(message, "time");
    if (time == null) {
      throw NatsFailures.unreachable(what, "the answer holds no time");
    }
    return new MessagePlace(JsonValueUtils.readLong(message, "seq", 0), time.toInstant());
  }

  /** The entry in the {@code message} of the leader's answer, of the message on this subject. */
  static HotEntry ofLeader(StateKey key, String subject, JsonValue message) {
    MessagePlace place = placeOf("get " + key, message);
    byte[] value = Objects.requireNonNullElse(JsonValueUtils.readBase64(message, "data"), NO_VALUE);
    byte[] block = JsonValueUtils.readBase64(message, "hdrs");
    Headers headers = null;
    byte[] foreign = null;
    if (block != null && block.length > 0) {
      Optional<Headers> readable = HeaderBlock.read(block);
      headers = readable.orElse(null);
      foreign =
          readable.isPresent()
              ? ForeignMessage.published(subject, headers, value)
              : ForeignMessage.published(subject, block, value);
    }
    return entry(key, place.sequence(), place.time(), headers, value, foreign);
  }

  private static HotEntry entry(
      StateKey key,
      long sequence,
      Instant time,
      @Nullable Headers headers,
      byte[] value,
      byte @Nullable [] foreign) {
    if (foreign != null) {
      return new HotEntry(key, sequence, time, Operation.PUT, foreign, EntryMetadata.NONE);
    }
    Operation operation = EntryHeaders.operation(headers);
    return new HotEntry(
        key,
        sequence,
        time,
        operation,
        operation == Operation.DELETE ? NO_VALUE : value,
        EntryHeaders.metadata(headers));
  }
}
