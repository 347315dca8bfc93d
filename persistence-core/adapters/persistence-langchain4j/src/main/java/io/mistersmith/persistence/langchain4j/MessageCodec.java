package io.mistersmith.persistence.langchain4j;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageDeserializer;
import dev.langchain4j.data.message.ChatMessageSerializer;
import io.mistersmith.persistence.langchain4j.StoredMessage.Effect;
import io.mistersmith.persistence.langchain4j.StoredMessage.Range;
import io.mistersmith.persistence.state.JsonCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * Entries as JSON: the message as LangChain4j writes it, so that SQL can query its fields.
 * Thread-safe.
 */
final class MessageCodec implements JsonCodec<StoredMessage> {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Override
  public byte[] encode(StoredMessage entry) {
    StringJoiner fields = new StringJoiner(",", "{", "}");
    entry
        .message()
        .ifPresent(
            message -> fields.add("\"message\":" + ChatMessageSerializer.messageToJson(message)));
    switch (entry.effect()) {
      case WAITS -> fields.add("\"waits\":true");
      case REPLACES -> {
        StringJoiner ranges = new StringJoiner(",", "\"window\":[", "]");
        entry.window().forEach(range -> ranges.add("[" + range.first() + "," + range.last() + "]"));
        fields.add(ranges.toString());
      }
      case CONTINUES -> {}
    }
    return fields.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public StoredMessage decode(byte[] json) {
    JsonNode tree = tree(json);
    Optional<ChatMessage> message =
        Optional.ofNullable(tree.get("message"))
            .map(JsonNode::toString)
            .map(ChatMessageDeserializer::messageFromJson);
    JsonNode window = tree.get("window");
    if (window == null) {
      return new StoredMessage(
          message, tree.has("waits") ? Effect.WAITS : Effect.CONTINUES, List.of());
    }
    List<Range> ranges = new ArrayList<>();
    window.forEach(range -> ranges.add(new Range(range.path(0).asLong(), range.path(1).asLong())));
    return StoredMessage.replacing(message, ranges);
  }

  private static JsonNode tree(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
