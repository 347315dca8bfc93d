package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsJetStreamMetaData;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Objects;

/**
 * A message as a stream stores it.
 *
 * @param headers its headers as one block; empty when it has none
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record StreamMessage(long sequence, Instant time, String subject, byte[] headers, byte[] data) {

  /** A message that a consumer delivered. */
  static StreamMessage delivered(Message message) {
    NatsJetStreamMetaData place = message.metaData();
    Headers headers = message.getHeaders();
    byte[] unreadable = HeaderBlock.original(headers);
    byte[] readable = headers == null ? Entries.NO_VALUE : headers.getSerialized();
    return new StreamMessage(
        place.streamSequence(),
        place.timestamp().toInstant(),
        NatsJournalReader.text(message.getSubject()),
        unreadable == null ? readable : unreadable,
        Objects.requireNonNullElse(message.getData(), Entries.NO_VALUE));
  }

  /** The {@code message} of an answer, with its headers written as a delivered message has them. */
  static StreamMessage answered(String what, JsonValue message) {
    byte[] block =
        Objects.requireNonNullElse(JsonValueUtils.readBase64(message, "hdrs"), Entries.NO_VALUE);
    return new StreamMessage(
        JsonValueUtils.readLong(message, "seq", 0),
        Entries.placeOf(what, message).time(),
        JsonValueUtils.readString(message, "subject", ""),
        block.length == 0
            ? block
            : HeaderBlock.read(block).map(Headers::getSerialized).orElse(block),
        Objects.requireNonNullElse(JsonValueUtils.readBase64(message, "data"), Entries.NO_VALUE));
  }

  /**
   * Adds sequence, subject, headers and data to a digest, each with its length. The time is left
   * out: a copy that is read message by message does not keep it.
   */
  void addTo(MessageDigest digest) {
    byte[] name = subject.getBytes(StandardCharsets.UTF_8);
    digest.update(
        ByteBuffer.allocate(Long.BYTES + 3 * Integer.BYTES)
            .putLong(sequence)
            .putInt(name.length)
            .putInt(headers.length)
            .putInt(data.length)
            .array());
    digest.update(name);
    digest.update(headers);
    digest.update(data);
  }
}
