package io.mistersmith.persistence.springai;

import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AbstractMessage;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;
import org.springframework.ai.content.MediaContent;
import org.springframework.util.MimeType;

/** Messages as JSON. Two messages are the same when their JSON is equal. */
final class MessageJson {

  private static final String TYPE = "type";
  private static final String TEXT = "text";
  private static final String METADATA = "meta";
  private static final String CALLS = "calls";
  private static final String RESPONSES = "responses";
  private static final String MEDIA = "media";

  private MessageJson() {}

  static Map<String, Object> of(Message message) {
    Map<String, Object> json = new HashMap<>();
    json.put(TYPE, message.getMessageType().name());
    put(json, TEXT, message.getText());
    Map<String, Object> metadata = new HashMap<>(message.getMetadata());
    metadata.remove(AbstractMessage.MESSAGE_TYPE);
    if (!metadata.isEmpty()) {
      json.put(METADATA, MetadataJson.of(metadata));
    }
    if (message instanceof AssistantMessage assistant && assistant.hasToolCalls()) {
      json.put(CALLS, all(assistant.getToolCalls(), MessageJson::call));
    }
    if (message instanceof ToolResponseMessage tool) {
      json.put(RESPONSES, all(tool.getResponses(), MessageJson::response));
    }
    if (message instanceof MediaContent content && !content.getMedia().isEmpty()) {
      json.put(MEDIA, all(content.getMedia(), MessageJson::media));
    }
    return json;
  }

  private static void put(Map<String, Object> json, String name, @Nullable Object value) {
    if (value != null) {
      json.put(name, value);
    }
  }

  private static <T> List<Map<String, Object>> all(
      List<? extends T> values, Function<T, Map<String, Object>> mapping) {
    List<Map<String, Object>> json = new ArrayList<>(values.size());
    values.forEach(value -> json.add(mapping.apply(value)));
    return json;
  }

  private static Map<String, Object> call(ToolCall call) {
    Map<String, Object> json = new HashMap<>();
    put(json, "id", call.id());
    put(json, "type", call.type());
    put(json, "name", call.name());
    put(json, "arguments", call.arguments());
    return json;
  }

  private static Map<String, Object> response(ToolResponse response) {
    Map<String, Object> json = new HashMap<>();
    put(json, "id", response.id());
    put(json, "name", response.name());
    put(json, "data", response.responseData());
    return json;
  }

  private static Map<String, Object> media(Media media) {
    Map<String, Object> json = new HashMap<>();
    put(json, "mime", media.getMimeType().toString());
    put(json, "id", media.getId());
    put(json, "name", media.getName());
    if (media.getData() instanceof byte[] bytes) {
      json.put("bytes", Base64.getEncoder().encodeToString(bytes));
    } else if (media.getData() instanceof URL url) {
      json.put("url", url.toString());
    } else {
      json.put("text", media.getData().toString());
    }
    return json;
  }

  static Message read(Map<?, ?> json) {
    MessageType type = MessageType.valueOf(text(json, TYPE));
    Map<String, Object> metadata =
        json.get(METADATA) instanceof Map<?, ?> values ? MetadataJson.read(values) : Map.of();
    String text = (String) json.get(TEXT);
    return switch (type) {
      case USER ->
          UserMessage.builder()
              .text(text == null ? "" : text)
              .metadata(metadata)
              .media(all(json, MEDIA, MessageJson::readMedia))
              .build();
      case ASSISTANT ->
          AssistantMessage.builder()
              .content(text)
              .properties(metadata)
              .toolCalls(all(json, CALLS, MessageJson::readCall))
              .media(all(json, MEDIA, MessageJson::readMedia))
              .build();
      case SYSTEM ->
          SystemMessage.builder().text(text == null ? "" : text).metadata(metadata).build();
      case TOOL ->
          ToolResponseMessage.builder()
              .responses(all(json, RESPONSES, MessageJson::readResponse))
              .metadata(metadata)
              .build();
    };
  }

  private static <T> List<T> all(Map<?, ?> json, String name, Function<Map<?, ?>, T> mapping) {
    List<T> values = new ArrayList<>();
    if (json.get(name) instanceof List<?> list) {
      list.forEach(value -> values.add(mapping.apply((Map<?, ?>) value)));
    }
    return values;
  }

  @SuppressWarnings("NullAway") // what the framework's record was given, which may have been null
  private static String text(Map<?, ?> json, String name) {
    return (String) json.get(name);
  }

  private static ToolCall readCall(Map<?, ?> json) {
    return new ToolCall(
        text(json, "id"), text(json, "type"), text(json, "name"), text(json, "arguments"));
  }

  private static ToolResponse readResponse(Map<?, ?> json) {
    return new ToolResponse(text(json, "id"), text(json, "name"), text(json, "data"));
  }

  private static Media readMedia(Map<?, ?> json) {
    Media.Builder media =
        Media.builder().mimeType(MimeType.valueOf(text(json, "mime"))).name(text(json, "name"));
    if (json.get("id") instanceof String id) {
      media.id(id);
    }
    if (json.get("bytes") instanceof String bytes) {
      return media.data(Base64.getDecoder().decode(bytes)).build();
    }
    if (json.get("url") instanceof String url) {
      return media.data(url(url)).build();
    }
    return media.data(text(json, "text")).build();
  }

  private static URL url(String text) {
    try {
      return URI.create(text).toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("a medium's address is no URL", e);
    }
  }
}
