package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.bench.Chat.Append;
import io.mistersmith.persistence.bench.Rounds.Preparation;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;

/**
 * What an application does with a chat memory repository of Spring AI.
 *
 * @param repository this library's or Spring AI's own
 */
record Repository(ChatMemoryRepository repository) {

  private static final int WINDOW = 20;

  private static List<Message> messages(int count) {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(
          i % 2 == 0
              ? new UserMessage(Texts.numbered(i))
              : new AssistantMessage(Texts.numbered(i)));
    }
    return messages;
  }

  private String save(List<Message> messages) {
    String conversation = UUID.randomUUID().toString();
    repository.saveAll(conversation, messages);
    return conversation;
  }

  /** Has this many conversations in the end, of a message each. */
  void fill(int conversations) {
    for (int i = repository.findConversationIds().size(); i < conversations; i++) {
      String unused = save(messages(1));
    }
  }

  /** Saves the window of a new conversation. */
  Preparation saveNew() {
    List<Message> messages = messages(WINDOW);
    return () -> () -> save(messages);
  }

  /** Saves a window that has moved on by a message. */
  Preparation saveMore() {
    List<Message> messages = messages(WINDOW);
    String conversation = save(messages);
    return () -> {
      messages.remove(0);
      messages.add(new UserMessage(Texts.numbered(messages.hashCode())));
      return () -> repository.saveAll(conversation, messages);
    };
  }

  /** Reads a window. */
  Preparation find() {
    String conversation = save(messages(WINDOW));
    return () -> () -> require(repository.findByConversationId(conversation));
  }

  /** Adds a message to a window memory, which reads and saves. */
  Preparation add() {
    String conversation = save(messages(WINDOW));
    ChatMemory memory =
        MessageWindowChatMemory.builder()
            .chatMemoryRepository(repository)
            .maxMessages(WINDOW)
            .build();
    return () -> {
      Message message = new UserMessage(Texts.numbered(WINDOW));
      return () -> memory.add(conversation, message);
    };
  }

  /** Lists the conversations. */
  Preparation list() {
    Append call = () -> require(repository.findConversationIds());
    return () -> call;
  }

  private static void require(List<?> found) {
    if (found.isEmpty()) {
      throw new IllegalStateException("nothing was found");
    }
  }
}
