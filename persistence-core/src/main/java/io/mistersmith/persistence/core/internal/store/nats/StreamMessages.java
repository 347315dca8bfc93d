package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsJetStreamMetaData;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Messages of streams, as they are sent and as they come. */
record StreamMessages(StreamNames names) {

  private static final String ID = "Nats-Msg-Id";
  private static final String EXPECTED_STREAM = "Nats-Expected-Stream";
  private static final String OF_SERVER = "Nats-";

  /** The headers of a message that the stream, and no other, is to store. */
  static Headers headers(Outgoing message, String stream) {
    Headers headers = new Headers();
    message.headers().forEach(headers::add);
    message.id().ifPresent(id -> headers.add(ID, id));
    headers.add(EXPECTED_STREAM, stream);
    return headers;
  }

  /** A message that a consumer delivered. */
  Stored delivered(Message message) {
    NatsJetStreamMetaData place = message.metaData();
    Headers headers = readable(message.getHeaders());
    return new Stored(
        names.plain(NatsJournalReader.text(message.getSubject())),
        place.streamSequence(),
        place.timestamp().toInstant(),
        id(headers),
        others(headers),
        Objects.requireNonNullElse(message.getData(), Entries.NO_VALUE));
  }

  /** The {@code message} of the leader's answer. */
  Stored answered(String what, JsonValue message) {
    MessagePlace place = Entries.placeOf(what, message);
    byte[] block = JsonValueUtils.readBase64(message, "hdrs");
    Headers headers = block == null ? null : HeaderBlock.read(block).orElse(null);
    return new Stored(
        names.plain(JsonValueUtils.readString(message, "subject", "")),
        place.sequence(),
        place.time(),
        id(headers),
        others(headers),
        Objects.requireNonNullElse(JsonValueUtils.readBase64(message, "data"), Entries.NO_VALUE));
  }

  private static @Nullable Headers readable(@Nullable Headers headers) {
    return HeaderBlock.original(headers) == null ? headers : null;
  }

  private static Optional<String> id(@Nullable Headers headers) {
    return headers == null ? Optional.empty() : Optional.ofNullable(headers.getFirst(ID));
  }

  private static Map<String, String> others(@Nullable Headers headers) {
    Map<String, String> others = new HashMap<>();
    if (headers != null) {
      for (String name : headers.keySet()) {
        String value = headers.getFirst(name);
        if (value != null && !name.startsWith(OF_SERVER)) {
          others.put(name, value);
        }
      }
    }
    return others;
  }
}
