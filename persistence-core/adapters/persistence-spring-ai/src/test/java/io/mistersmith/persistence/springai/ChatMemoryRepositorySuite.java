package io.mistersmith.persistence.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
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

/**
 * The cases of Spring AI's InMemoryChatMemoryRepositoryTests and
 * AbstractJdbcChatMemoryRepositoryIT, by their names. Two of the latter say that messages about
 * tools are left out: here they stay.
 */
abstract class ChatMemoryRepositorySuite extends StoresTestCase {

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

  private List<Message> found() {
    return repository.findByConversationId(conversation);
  }

  @Test
  void findConversationIds() {
    String other = UUID.randomUUID().toString();
    repository.saveAll(conversation, List.of(new UserMessage("Hello")));
    repository.saveAll(other, List.of(new AssistantMessage("Hi there")));
    assertThat(repository.findConversationIds())
        .doesNotHaveDuplicates()
        .contains(conversation, other);
    repository.deleteByConversationId(conversation);
    assertThat(repository.findConversationIds()).contains(other).doesNotContain(conversation);
  }

  @Test
  void saveMessagesAndFindMultipleMessagesInConversation() {
    List<Message> messages = List.of(new AssistantMessage("I, Robot"), new UserMessage("Hello"));
    repository.saveAll(conversation, messages);
    assertThat(found()).isEqualTo(messages);
    repository.deleteByConversationId(conversation);
    assertThat(found()).isEmpty();
  }

  @Test
  void saveMessagesAndFindSingleMessageInConversation() {
    repository.saveAll(conversation, List.of(new UserMessage("Hello")));
    assertThat(found()).containsExactly(new UserMessage("Hello"));
    repository.deleteByConversationId(conversation);
    assertThat(found()).isEmpty();
  }

  @Test
  void findNonExistingConversation() {
    assertThat(found()).isEmpty();
  }

  @Test
  void subsequentSaveOverwritesPreviousVersion() {
    repository.saveAll(conversation, List.of(new UserMessage("Hello")));
    repository.saveAll(conversation, List.of(new AssistantMessage("Hi there")));
    assertThat(found()).containsExactly(new AssistantMessage("Hi there"));
  }

  @Test
  @SuppressWarnings("NullAway") // the case is a caller without null analysis
  void nullConversationIdNotAllowed() {
    refusesConversation(null);
  }

  @Test
  void emptyConversationIdNotAllowed() {
    refusesConversation("");
  }

  private void refusesConversation(String id) {
    String why = "conversationId cannot be null or empty";
    List<Message> messages = List.of(new UserMessage("Hello"));
    assertThatThrownBy(() -> repository.saveAll(id, messages))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
    assertThatThrownBy(() -> repository.findByConversationId(id))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
    assertThatThrownBy(() -> repository.deleteByConversationId(id))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  @SuppressWarnings("NullAway") // the case is a caller without null analysis
  void nullMessagesNotAllowed() {
    assertThatThrownBy(() -> repository.saveAll(conversation, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("messages cannot be null");
  }

  @Test
  void messagesWithNullElementsNotAllowed() {
    List<Message> messages = new ArrayList<>();
    messages.add(null);
    assertThatThrownBy(() -> repository.saveAll(conversation, messages))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("messages cannot contain null elements");
  }

  @ParameterizedTest
  @CsvSource({
    "Message from assistant,ASSISTANT",
    "Message from user,USER",
    "Message from system,SYSTEM"
  })
  void saveMessagesSingleMessage(String content, MessageType type) {
    Message message = MessageTypesSuite.message(type, content + " - " + conversation);
    repository.saveAll(conversation, List.of(message));
    assertThat(repository.findConversationIds()).contains(conversation);
    assertThat(found()).containsExactly(message);
  }

  @Test
  void saveMessagesMultipleMessages() {
    List<Message> messages =
        List.of(
            new AssistantMessage("Message from assistant"),
            new UserMessage("Message from user"),
            new SystemMessage("Message from system"));
    repository.saveAll(conversation, messages);
    assertThat(repository.findConversationIds()).contains(conversation);
    assertThat(found()).isEqualTo(messages);
    repository.saveAll(conversation, List.of(new UserMessage("Hello")));
    assertThat(found()).hasSize(1);
  }

  @Test
  void findMessagesByConversationId() {
    List<Message> messages =
        List.of(
            new AssistantMessage("Message from assistant 1"),
            new AssistantMessage("Message from assistant 2"),
            new UserMessage("Message from user"),
            new SystemMessage("Message from system"));
    repository.saveAll(conversation, messages);
    assertThat(found()).isEqualTo(messages);
  }

  @Test
  void deleteMessagesByConversationId() {
    repository.saveAll(conversation, List.of(new AssistantMessage("a"), new UserMessage("b")));
    repository.deleteByConversationId(conversation);
    assertThat(found()).isEmpty();
    assertThat(PersistentChatMemoryRepository.of(persistence).findByConversationId(conversation))
        .isEmpty();
  }

  @Test
  void testMessageOrder() {
    List<Message> messages =
        List.of(
            new UserMessage("1-First message"),
            new AssistantMessage("2-Second message"),
            new UserMessage("3-Third message"),
            new SystemMessage("4-Fourth message"));
    repository.saveAll(conversation, messages);
    assertThat(found()).isEqualTo(messages);
  }

  @Test
  void testMessageOrderWithLargeBatch() {
    List<Message> messages =
        IntStream.range(0, 50).<Message>mapToObj(i -> new UserMessage("Message " + i)).toList();
    repository.saveAll(conversation, messages);
    assertThat(found()).isEqualTo(messages);
  }

  /** There, toolResponseMessagesAreFilteredOnSave. */
  @Test
  void toolResponseMessagesAreKept() {
    List<Message> messages =
        List.of(
            new UserMessage("Hello"),
            ToolResponseMessage.builder()
                .responses(List.of(new ToolResponse("id1", "myTool", "result")))
                .build());
    repository.saveAll(conversation, messages);
    assertThat(found()).isEqualTo(messages);
  }

  /** There, assistantMessagesWithToolCallsAreFilteredOnSave. */
  @Test
  void assistantMessagesWithToolCallsAreKept() {
    List<Message> messages =
        List.of(
            new UserMessage("What is the weather?"),
            AssistantMessage.builder()
                .toolCalls(List.of(new ToolCall("call1", "function", "getWeather", "{}")))
                .build(),
            new AssistantMessage("It is sunny."));
    repository.saveAll(conversation, messages);
    assertThat(found()).isEqualTo(messages);
  }

  /** There, with timestamps in the metadata: here nothing is added, and all else stays. */
  @Test
  void messageTimestampIsExposedAsMetadataAndPreservedAcrossSaves() {
    Instant time = Instant.parse("2026-12-01T12:00:00.123456789Z");
    Message first = UserMessage.builder().text("first").metadata(Map.of("timestamp", time)).build();
    repository.saveAll(conversation, List.of(first));
    List<Message> next = new ArrayList<>(found());
    next.add(new AssistantMessage("second"));
    repository.saveAll(conversation, next);
    assertThat(found()).containsExactly(first, new AssistantMessage("second"));
    assertThat(found().get(0).getMetadata()).containsEntry("timestamp", time);
  }
}
