package io.mistersmith.persistence.langchain4j;

import static dev.langchain4j.data.message.AiMessage.aiMessage;
import static dev.langchain4j.data.message.SystemMessage.systemMessage;
import static dev.langchain4j.data.message.UserMessage.userMessage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.memory.ChatMemory;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.testkit.SharedStores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What LangChain4j's window memory is held to, and what memories that append promise beyond. */
abstract class ChatMemoriesContract {

  private final String id = "memory-" + UUID.randomUUID();

  abstract SharedStores stores();

  /** How many turns each of two writers writes. */
  abstract int turns();

  private ChatMemory memory(int most) {
    return memory(stores().runtime(), most);
  }

  private ChatMemory memory(Persistence persistence, int most) {
    return ChatMemories.builder(persistence).maxMessages(most).build().of(id);
  }

  // MessageWindowChatMemoryTest

  @Test
  void id() {
    ChatMemories memories = ChatMemories.builder(stores().runtime()).maxMessages(1).build();
    assertThat(memories.ofOnlyConversation().id()).isEqualTo("default");
    assertThat(memories.of("abc").id()).isEqualTo("abc");
  }

  @Test
  void store_and_clear() {
    ChatMemory memory = memory(2);
    memory.add(userMessage("hello"));
    memory.add(userMessage("world"));
    assertThat(memory.messages()).containsExactly(userMessage("hello"), userMessage("world"));
    memory.add(userMessage("banana"));
    assertThat(memory.messages()).containsExactly(userMessage("world"), userMessage("banana"));
    memory.clear();
    memory.clear();
    assertThat(memory.messages()).isEmpty();
  }

  @Test
  void should_keep_specified_number_of_messages_in_chat_memory() {
    ChatMemory memory = memory(3);
    memory.add(userMessage("hello"));
    assertThat(memory.messages()).containsExactly(userMessage("hello"));
    memory.add(aiMessage("hi"));
    assertThat(memory.messages()).containsExactly(userMessage("hello"), aiMessage("hi"));
    memory.add(userMessage("sup"));
    memory.add(aiMessage("not much"));
    assertThat(memory.messages())
        .containsExactly(aiMessage("hi"), userMessage("sup"), aiMessage("not much"));
  }

  @Test
  void should_not_evict_system_message_from_chat_memory() {
    ChatMemory memory = memory(3);
    memory.add(systemMessage("You are a helpful assistant"));
    memory.add(userMessage("Hello"));
    memory.add(aiMessage("Hi, how can I help you?"));
    memory.add(userMessage("Tell me a joke"));
    memory.add(aiMessage("No"));
    assertThat(memory.messages())
        .containsExactly(
            systemMessage("You are a helpful assistant"),
            userMessage("Tell me a joke"),
            aiMessage("No"));
  }

  @Test
  void should_keep_only_the_latest_system_message_in_chat_memory() {
    ChatMemory memory = memory(3);
    memory.add(systemMessage("You are a helpful assistant"));
    memory.add(userMessage("Hello"));
    memory.add(aiMessage("Hi"));
    memory.add(systemMessage("You are an unhelpful assistant"));
    assertThat(memory.messages())
        .containsExactly(
            systemMessage("You are an unhelpful assistant"), userMessage("Hello"), aiMessage("Hi"));
  }

  @Test
  void should_not_add_the_same_system_message_to_chat_memory_if_it_is_already_there() {
    ChatMemory memory = memory(3);
    memory.add(systemMessage("You are a helpful assistant"));
    memory.add(userMessage("Hello"));
    memory.add(aiMessage("Hi"));
    List<ChatMessage> before = memory.messages();
    memory.add(systemMessage("You are a helpful assistant"));
    assertThat(memory.messages()).hasSize(3).isEqualTo(before);
  }

  @Test
  void
      should_evict_orphan_ToolExecutionResultMessage_when_evicting_AiMessage_with_ToolExecutionRequest() {
    ChatMemory memory = memory(2);
    addCallAndResults(memory, 1);
    assertThat(memory.messages()).containsExactly(calls(1), result(1));
    memory.add(aiMessage("2 + 2 = 4"));
    assertThat(memory.messages()).containsExactly(aiMessage("2 + 2 = 4"));
  }

  @Test
  void
      should_evict_orphan_ToolExecutionResultMessage_when_evicting_AiMessage_with_ToolExecutionRequest_when_SystemMessage_is_present() {
    ChatMemory memory = memory(3);
    memory.add(systemMessage("Use calculator for math questions"));
    addCallAndResults(memory, 1);
    assertThat(memory.messages())
        .containsExactly(systemMessage("Use calculator for math questions"), calls(1), result(1));
    memory.add(aiMessage("2 + 2 = 4"));
    assertThat(memory.messages())
        .containsExactly(
            systemMessage("Use calculator for math questions"), aiMessage("2 + 2 = 4"));
  }

  @Test
  void
      should_evict_orphan_ToolExecutionResultMessage_when_evicting_AiMessage_with_ToolExecutionRequest_when_SystemMessage_is_present_2() {
    ChatMemory memory = memory(2);
    memory.add(systemMessage("Use calculator for math questions"));
    addCallAndResults(memory, 1);
    assertThat(memory.messages())
        .containsExactly(systemMessage("Use calculator for math questions"));
  }

  @Test
  void
      should_evict_multiple_orphan_ToolExecutionResultMessages_when_evicting_AiMessage_with_ToolExecutionRequests() {
    ChatMemory memory = memory(3);
    addCallAndResults(memory, 2);
    assertThat(memory.messages()).containsExactly(calls(2), result(1), result(2));
    memory.add(aiMessage("2 + 2 = 4, 3 + 3 = 6"));
    assertThat(memory.messages()).containsExactly(aiMessage("2 + 2 = 4, 3 + 3 = 6"));
  }

  @Test
  void
      should_evict_multiple_orphan_ToolExecutionResultMessages_when_evicting_AiMessage_with_ToolExecutionRequests_when_SystemMessage_is_present() {
    ChatMemory memory = memory(4);
    memory.add(systemMessage("Use calculator for math questions"));
    addCallAndResults(memory, 2);
    memory.add(aiMessage("2 + 2 = 4, 3 + 3 = 6"));
    assertThat(memory.messages())
        .containsExactly(
            systemMessage("Use calculator for math questions"), aiMessage("2 + 2 = 4, 3 + 3 = 6"));
  }

  private static void addCallAndResults(ChatMemory memory, int calls) {
    memory.add(userMessage("How much is 2+2?"));
    memory.add(calls(calls));
    for (int i = 1; i <= calls; i++) {
      memory.add(result(i));
    }
  }

  private static AiMessage calls(int calls) {
    return calls == 1
        ? AiMessage.from(Writers.call("1"))
        : AiMessage.from(Writers.call("1"), Writers.call("2"));
  }

  private static ToolExecutionResultMessage result(int call) {
    return ToolExecutionResultMessage.from(Writers.call("" + call), "4");
  }

  // ChatMemoryTest

  @Test
  void add_varargs_should_delegate_to_add_iterable() {
    ChatMemory memory = memory(9);
    memory.add(userMessage("one"), aiMessage("two"));
    assertThat(memory.messages()).containsExactly(userMessage("one"), aiMessage("two"));
  }

  @Test
  void add_varargs_should_ignore_empty_array() {
    ChatMemory memory = memory(9);
    memory.add(new ChatMessage[0]);
    assertThat(memory.messages()).isEmpty();
  }

  @Test
  void set_varargs_should_replace_existing_messages() {
    ChatMemory memory = memory(9);
    memory.add(systemMessage("old"), userMessage("one"), aiMessage("two"));
    memory.set(systemMessage("new"), userMessage("three"));
    assertThat(memory.messages()).containsExactly(systemMessage("new"), userMessage("three"));
    memory.set(aiMessage("four"));
    assertThat(memory.messages()).containsExactly(aiMessage("four"));
  }

  @Test
  void set_iterable_should_fail_on_empty_iterable() {
    assertThatThrownBy(() -> memory(9).set(Collections.emptyList()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // What these memories promise beyond

  @Test
  void twoProcessesLoseAndReorderNothing() {
    Writers.write(memory(100_000), memory(stores().another(), 100_000), turns());
    Writers.assertComplete(memory(100_000).messages(), turns());
  }

  @Test
  void continuesInTheMiddleOfAToolCall() {
    try (Persistence first = stores().open()) {
      ChatMemory memory = memory(first, 10);
      memory.add(systemMessage("Use tools"), userMessage("How much is 2+2?"), calls(1));
    }
    ChatMemory memory = memory(10);
    memory.add(result(1));
    assertThat(memory.messages())
        .containsExactly(
            systemMessage("Use tools"), userMessage("How much is 2+2?"), calls(1), result(1));
  }

  @Test
  void keepsACallThatIsBeyondTheLimitWithItsResult() {
    ChatMemories memories =
        ChatMemories.builder(stores().runtime())
            .maxMessages(1_000)
            .limits(Limits.entries(16))
            .build();
    ChatMemory memory = memories.of(id);
    for (int i = 0; i < 60; i++) {
      memory.add(calls(2));
      memory.add(result(1));
      memory.add(result(2));
    }
    List<ChatMessage> messages = memory.messages();
    assertThat(messages).hasSizeBetween(16, 40);
    assertThat(messages.get(0)).isEqualTo(calls(2));
  }

  @Test
  void forgetsAUserWithAllConversations() {
    Agent user = stores().runtime().agents().save(Agent.of("user", "Ann")).value();
    ChatMemories memories =
        ChatMemories.builder(stores().runtime()).owner(memoryId -> user.id()).build();
    memories.of("one").add(userMessage("secret"));
    memories.of("two").add(systemMessage("rule"), userMessage("secret"));
    stores().runtime().lifecycle().flush(user.id(), Duration.ofSeconds(5));
    stores().runtime().agents().delete(user.id());
    assertThat(memories.of("one").messages()).isEmpty();
    assertThat(memories.of("two").messages()).isEmpty();
  }

  @Test
  void anAppendCostsTheSameAtTenThousandMessages() {
    ChatMemory memory = memory(20);
    for (int i = 0; i < 10; i++) {
      memory.add(userMessage("message " + i));
    }
    long few = median(memory);
    List<ChatMessage> messages = new ArrayList<>(Collections.nCopies(10_000, userMessage("more")));
    memory.set(messages);
    long many = median(memory);
    System.out.printf(
        "langchain4j: append at 10 messages %d us, at 10000 messages %d us (%s)%n",
        few / 1_000, many / 1_000, getClass().getSimpleName());
    assertThat(memory.messages()).hasSize(20);
    assertThat(many).isLessThan(3 * few + 1_000_000);
  }

  private static long median(ChatMemory memory) {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 101; i++) {
      long start = System.nanoTime();
      memory.add(userMessage("timed " + i));
      times.add(System.nanoTime() - start);
    }
    Collections.sort(times);
    return times.get(50);
  }
}
