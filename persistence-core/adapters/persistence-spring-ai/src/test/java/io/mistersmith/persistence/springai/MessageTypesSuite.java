package io.mistersmith.persistence.springai;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;
import org.springframework.util.MimeTypeUtils;

/**
 * The cases of Spring AI's RedisChatMemoryMessageTypesIT, by their names, and what it has none of:
 * media. Each message is read by another repository, from the stores.
 */
abstract class MessageTypesSuite extends StoresTestCase {

  private PersistentChatMemoryRepository repository;
  private String conversation;

  @BeforeAll
  void makeRepository() {
    repository = PersistentChatMemoryRepository.of(persistence);
  }

  @BeforeEach
  void nameConversation() {
    conversation = UUID.randomUUID().toString();
  }

  static Message message(MessageType type, String text) {
    return switch (type) {
      case ASSISTANT -> new AssistantMessage(text);
      case USER -> new UserMessage(text);
      case SYSTEM -> new SystemMessage(text);
      case TOOL -> throw new IllegalArgumentException("a result of a tool has no text");
    };
  }

  /** Adds messages as a memory does. */
  private void add(Message... added) {
    List<Message> messages = new ArrayList<>(repository.findByConversationId(conversation));
    messages.addAll(Arrays.asList(added));
    repository.saveAll(conversation, messages);
  }

  private List<Message> read() {
    return PersistentChatMemoryRepository.of(persistence).findByConversationId(conversation);
  }

  private static AssistantMessage calling(String text, ToolCall... calls) {
    return AssistantMessage.builder().content(text).toolCalls(List.of(calls)).build();
  }

  private static ToolResponseMessage results(ToolResponse... results) {
    return ToolResponseMessage.builder().responses(List.of(results)).build();
  }

  @Test
  void shouldHandleAllMessageTypes() {
    Message[] messages = {
      new SystemMessage("You are a helpful assistant"),
      new UserMessage("What's the capital of France?"),
      new AssistantMessage("The capital of France is Paris.")
    };
    for (Message message : messages) {
      add(message);
    }
    assertThat(read()).containsExactly(messages);
  }

  @ParameterizedTest
  @CsvSource({
    "Message from assistant,ASSISTANT",
    "Message from user,USER",
    "Message from system,SYSTEM"
  })
  void shouldStoreAndRetrieveSingleMessage(String content, MessageType type) {
    Message message = message(type, content + " - " + conversation);
    add(message);
    assertThat(read()).containsExactly(message);
    assertThat(read().get(0)).hasSameClassAs(message);
  }

  @Test
  void shouldHandleSystemMessageWithMetadata() {
    SystemMessage message =
        SystemMessage.builder()
            .text("You are a specialized AI assistant for legal questions")
            .metadata(Map.of("domain", "legal", "version", "2.0", "restricted", "true"))
            .build();
    add(message);
    assertThat(read()).containsExactly(message);
  }

  @Test
  void shouldHandleMultipleSystemMessages() {
    Message[] messages = {
      new SystemMessage("You are a helpful assistant"),
      new SystemMessage("Always provide concise answers"),
      new SystemMessage("Do not share personal information")
    };
    add(messages);
    assertThat(read()).containsExactly(messages);
  }

  @Test
  void shouldHandleMessageWithMetadata() {
    Message user =
        UserMessage.builder()
            .text("Hello with metadata")
            .metadata(Map.of("source", "web", "user_id", "12345"))
            .build();
    Message assistant =
        AssistantMessage.builder()
            .content("Hi there!")
            .properties(Map.of("model", "gpt-4", "temperature", "0.7"))
            .build();
    add(user);
    add(assistant);
    assertThat(read()).containsExactly(user, assistant);
  }

  @ParameterizedTest
  @CsvSource({
    "ASSISTANT,model=gpt-4;temperature=0.7;api_version=1.0",
    "USER,source=web;user_id=12345;client=mobile",
    "SYSTEM,domain=legal;version=2.0;restricted=true"
  })
  void shouldStoreAndRetrieveMessageWithMetadata(MessageType type, String text) {
    Map<String, Object> metadata = new HashMap<>();
    for (String pair : text.split(";", -1)) {
      metadata.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    Message message = message(type, "Message with metadata - " + type);
    message.getMetadata().putAll(metadata);
    add(message);
    assertThat(read()).containsExactly(message);
    assertThat(read().get(0).getMetadata()).containsAllEntriesOf(metadata);
  }

  @Test
  void shouldHandleAssistantMessageWithToolCalls() {
    Message message =
        AssistantMessage.builder()
            .content("I'll check that for you.")
            .properties(Map.of("model", "gpt-4"))
            .toolCalls(
                List.of(
                    new ToolCall("tool-1", "function", "weather", "{\"location\": \"Paris\"}"),
                    new ToolCall("tool-2", "function", "calculator", "{\"args\": [1, 2]}")))
            .build();
    add(message);
    assertThat(read()).containsExactly(message);
  }

  @Test
  void shouldHandleBasicToolResponseMessage() {
    Message message = results(new ToolResponse("tool-1", "weather", "{\"temperature\":\"22°C\"}"));
    add(message);
    assertThat(read()).containsExactly(message);
  }

  @Test
  void shouldHandleToolResponseMessageWithMultipleResponses() {
    Message message =
        ToolResponseMessage.builder()
            .responses(
                List.of(
                    new ToolResponse("tool-1", "weather", "{\"location\":\"Paris\"}"),
                    new ToolResponse("tool-2", "calculator", "{\"result\":3}"),
                    new ToolResponse("tool-3", "database", "{\"count\":42}")))
            .metadata(Map.of("source", "tools-api", "version", "1.0"))
            .build();
    add(message);
    assertThat(read()).containsExactly(message);
  }

  @Test
  void shouldHandleToolResponseInConversationFlow() {
    Message[] messages = {
      new UserMessage("What's the weather in Paris?"),
      calling("I'll check.", new ToolCall("weather-req-1", "function", "weather", "{}")),
      results(new ToolResponse("weather-req-1", "weather", "{\"temperature\":\"22°C\"}")),
      new AssistantMessage("The current weather in Paris is 22°C and partly cloudy.")
    };
    add(messages);
    assertThat(read()).containsExactly(messages);
  }

  @Test
  void getMessages_withAllMessageTypes_shouldPreserveMessageOrder() {
    Message[] messages = {
      new SystemMessage("You are a helpful AI assistant."),
      new UserMessage("What's the capital of France?"),
      new AssistantMessage("The capital of France is Paris."),
      new UserMessage("What's the weather there?"),
      calling("I'll check.", new ToolCall("weather-tool-1", "function", "weather", "{}")),
      results(new ToolResponse("weather-tool-1", "weather", "{\"conditions\":\"Sunny\"}")),
      new AssistantMessage("The weather in Paris is currently 24°C and sunny.")
    };
    for (Message message : messages) {
      add(message);
    }
    assertThat(read()).containsExactly(messages);
  }

  @Test
  void getMessages_afterMultipleAdds_shouldReturnMessagesInCorrectOrder() {
    List<Message> messages = new ArrayList<>();
    for (String time : List.of("First", "Second", "Third")) {
      messages.add(new UserMessage(time + " user message"));
      messages.add(new AssistantMessage(time + " assistant response"));
    }
    messages.forEach(this::add);
    assertThat(read()).isEqualTo(messages);
  }

  @Test
  void keepsMedia() {
    byte[] image = "no image".getBytes(StandardCharsets.UTF_8);
    Media bytes = new Media(MimeTypeUtils.IMAGE_PNG, URI.create("https://example.org/a.png"));
    Media named =
        Media.builder().mimeType(MimeTypeUtils.IMAGE_JPEG).data(image).id("7").name("b").build();
    Message user = UserMessage.builder().text("Look").media(bytes, named).build();
    Message assistant = AssistantMessage.builder().content("I see").media(List.of(named)).build();
    add(user, assistant);

    UserMessage read = (UserMessage) read().get(0);
    AssistantMessage answer = (AssistantMessage) read().get(1);
    assertThat(read).isEqualTo(user);
    assertSame(read.getMedia().get(0), bytes);
    assertSame(read.getMedia().get(1), named);
    assertSame(answer.getMedia().get(0), named);
  }

  private static void assertSame(Media actual, Media expected) {
    assertThat(actual.getMimeType()).isEqualTo(expected.getMimeType());
    assertThat(actual.getId()).isEqualTo(expected.getId());
    assertThat(actual.getName()).isEqualTo(expected.getName());
    assertThat(actual.getData()).isEqualTo(expected.getData());
  }

  @Test
  void keepsValuesOfMetadata() {
    Map<String, Object> values = new HashMap<>();
    values.put("long", 7L);
    values.put("float", 0.5f);
    values.put("double", 0.1);
    values.put("not a number", Double.NaN);
    values.put("time", Instant.parse("2026-12-01T12:00:00.000000001Z"));
    values.put("id", UUID.randomUUID());
    values.put("enum", MessageType.TOOL);
    values.put("set", Set.of("a", 1));
    values.put("nested", Map.of("@", "text", "list", List.of(1, 2L, "three", Map.of("four", 4.0))));
    values.put("nothing", null);
    Message message = UserMessage.builder().text("Hello").metadata(values).build();
    add(message);
    assertThat(read()).containsExactly(message);
    assertThat(read().get(0).getMetadata()).containsAllEntriesOf(values);
  }
}
