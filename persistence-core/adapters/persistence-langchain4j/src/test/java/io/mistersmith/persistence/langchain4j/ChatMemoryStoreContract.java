package io.mistersmith.persistence.langchain4j;

import static dev.langchain4j.data.message.AiMessage.aiMessage;
import static dev.langchain4j.data.message.SystemMessage.systemMessage;
import static dev.langchain4j.data.message.UserMessage.userMessage;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.memory.ChatMemory;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.store.memory.chat.ChatMemoryStore;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.SharedStores;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What LangChain4j's own stores are held to, and what this one promises beyond. */
abstract class ChatMemoryStoreContract {

  private final String id = "chat-" + UUID.randomUUID();

  abstract SharedStores stores();

  /** How many turns each of two writers writes. */
  abstract int turns();

  /** How many messages a long conversation has. */
  abstract int many();

  private ChatMemoryStore store() {
    return PersistentChatMemoryStore.of(stores().runtime());
  }

  private static ChatMemory window(ChatMemoryStore store, Object id, int most) {
    return MessageWindowChatMemory.builder()
        .id(id)
        .maxMessages(most)
        .chatMemoryStore(store)
        .build();
  }

  // OracleChatMemoryStoreIT

  @Test
  void should_return_empty_list_for_unknown_memory_id() {
    assertThat(store().getMessages(id)).isEmpty();
  }

  @Test
  void should_store_and_retrieve_messages() {
    ChatMemoryStore store = store();
    List<ChatMessage> messages =
        List.of(systemMessage("Be helpful"), userMessage("Hello"), aiMessage("Hi there"));
    store.updateMessages(id, messages);
    assertThat(store.getMessages(id)).isEqualTo(messages);
  }

  @Test
  void should_replace_messages_on_update() {
    ChatMemoryStore store = store();
    store.updateMessages(id, List.of(userMessage("Old message"), aiMessage("Old reply")));
    store.updateMessages(id, List.of(userMessage("Brand new message")));
    assertThat(store.getMessages(id)).containsExactly(userMessage("Brand new message"));
  }

  @Test
  void should_delete_messages() {
    ChatMemoryStore store = store();
    store.updateMessages(id, List.of(userMessage("Delete me")));
    store.deleteMessages(id);
    assertThat(store.getMessages(id)).isEmpty();
  }

  @Test
  void should_isolate_messages_by_memory_id() {
    ChatMemoryStore store = store();
    store.updateMessages(id + "a", List.of(userMessage("Message A")));
    store.updateMessages(id + "b", List.of(userMessage("Message B")));
    assertThat(store.getMessages(id + "a")).containsExactly(userMessage("Message A"));
    assertThat(store.getMessages(id + "b")).containsExactly(userMessage("Message B"));
  }

  // CassandraChatMemoryStoreTestSupport

  @Test
  void shouldInsertItems() {
    ChatMemory memory = window(store(), id, 100);
    memory.add(userMessage("I will ask you a few question about ff4j."));
    memory.add(aiMessage("Sure, go ahead!"));
    assertThat(memory.messages())
        .containsExactly(
            userMessage("I will ask you a few question about ff4j."), aiMessage("Sure, go ahead!"));
  }

  // What this store promises beyond

  @Test
  void keepsAWindowWithItsSystemMessageInABoundedLog() {
    ChatMemory memory = window(store(), id, 5);
    memory.add(systemMessage("Be brief"));
    for (int i = 0; i < 300; i++) {
      memory.add(userMessage("m" + i));
    }
    assertThat(window(store(), id, 5).messages())
        .containsExactly(
            systemMessage("Be brief"),
            userMessage("m296"),
            userMessage("m297"),
            userMessage("m298"),
            userMessage("m299"));
    StateType<StoredMessage> type =
        StateType.of("langchain4j-window", StoredMessage.class).withCodec(new MessageCodec());
    Log<StoredMessage> log = stores().runtime().log(AgentId.external(id), "messages", type);
    assertThat(log.size()).isLessThan(200);
  }

  @Test
  void keepsWhatAnotherWriterAddedMeanwhile() {
    ChatMemoryStore one = store();
    ChatMemoryStore other = store();
    one.updateMessages(id, List.of(userMessage("a"), userMessage("b")));
    List<ChatMessage> read = new ArrayList<>(one.getMessages(id));
    window(other, id, 10).add(userMessage("c"));
    read.remove(0);
    read.add(userMessage("d"));
    one.updateMessages(id, read);
    assertThat(other.getMessages(id))
        .containsExactly(userMessage("b"), userMessage("c"), userMessage("d"));
  }

  @Test
  void twoProcessesLoseAndReorderNothing() {
    ChatMemoryStore second = PersistentChatMemoryStore.of(stores().another());
    Writers.write(window(store(), id, 100_000), window(second, id, 100_000), turns());
    Writers.assertComplete(store().getMessages(id), turns());
  }

  @Test
  void twoProcessesKeepAWindowThatIsFull() {
    ChatMemoryStore second = PersistentChatMemoryStore.of(stores().another());
    Writers.write(window(store(), id, 12), window(second, id, 12), 10);
    List<ChatMessage> messages = window(store(), id, 12).messages();
    assertThat(messages).hasSizeBetween(8, 12);
    assertThat(messages.get(messages.size() - 1)).isEqualTo(aiMessage("done"));
  }

  @Test
  void continuesInAnotherProcess() {
    try (Persistence first = stores().open()) {
      ChatMemory memory = window(PersistentChatMemoryStore.of(first), id, 10);
      memory.add(userMessage("Where is my train?"));
      memory.add(AiMessage.from(Writers.call("7")));
    }
    ChatMemory memory = window(store(), id, 10);
    memory.add(ToolExecutionResultMessage.from(Writers.call("7"), "platform 4"));
    assertThat(memory.messages())
        .containsExactly(
            userMessage("Where is my train?"),
            AiMessage.from(Writers.call("7")),
            ToolExecutionResultMessage.from(Writers.call("7"), "platform 4"));
  }

  @Test
  void seesThatAnotherProcessForgotTheConversation() {
    ChatMemoryStore store = store();
    store.updateMessages(id, List.of(userMessage("secret")));
    assertThat(store.getMessages(id)).hasSize(1);
    PersistentChatMemoryStore.of(stores().another()).deleteMessages(id);
    assertThat(store.getMessages(id)).isEmpty();
    window(store, id, 10).add(userMessage("new"));
    assertThat(store.getMessages(id)).containsExactly(userMessage("new"));
  }

  @Test
  void keepsTheLimitsOfItsType() {
    ChatMemoryStore store =
        PersistentChatMemoryStore.builder(stores().runtime()).limits(Limits.entries(20)).build();
    ChatMemory memory = window(store, id, 1_000);
    for (int i = 0; i < 100; i++) {
      memory.add(userMessage("m" + i));
    }
    assertThat(store.getMessages(id)).hasSizeBetween(20, 40).endsWith(userMessage("m99"));
  }

  @Test
  void readsALongConversation() {
    ChatMemoryStore store = store();
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < many(); i++) {
      messages.add(userMessage("message " + i));
    }
    store.updateMessages(id, messages);
    window(store, id, 100_000).add(userMessage("last"));
    messages.add(userMessage("last"));
    assertThat(store().getMessages(id)).isEqualTo(messages);
  }
}
