package io.mistersmith.persistence.bench;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.ChatMemory;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.store.memory.chat.ChatMemoryStore;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.langchain4j.PersistentChatMemoryStore;
import java.util.List;

/** A window memory of LangChain4j over the store. */
final class LangChain4jStoreChat implements Chat {

  private static final int WINDOW = 1_000;

  private final ChatMemoryStore store;
  private final String conversation;
  private final ChatMemory memory;
  private int count;

  private LangChain4jStoreChat(ChatMemoryStore store, String conversation) {
    this.store = store;
    this.conversation = conversation;
    this.memory =
        MessageWindowChatMemory.builder()
            .id(conversation)
            .maxMessages(WINDOW)
            .chatMemoryStore(store)
            .build();
  }

  /** {@link PersistentChatMemoryStore}. */
  static final class Stores implements Adapter {
    @Override
    public String name() {
      return "langchain4j.store";
    }

    @Override
    public boolean showsLastOnly() {
      return true;
    }

    @Override
    public Chat open(Persistence persistence, String conversation) {
      return new LangChain4jStoreChat(PersistentChatMemoryStore.of(persistence), conversation);
    }
  }

  @Override
  public void fill(int messages) {
    List<ChatMessage> all = store.getMessages(conversation);
    for (int i = 0; i < messages; i++) {
      all.add(UserMessage.from(Texts.numbered(count++)));
    }
    store.updateMessages(conversation, all);
  }

  /** The read that comes before an update, in a window memory too, is not timed. */
  @Override
  public Append next() {
    List<ChatMessage> all = store.getMessages(conversation);
    all.add(UserMessage.from(Texts.numbered(count++)));
    return () -> store.updateMessages(conversation, all);
  }

  @Override
  public Append saying(Said said) {
    ChatMessage message = LangChain4jChat.message(said);
    return () -> memory.add(message);
  }

  @Override
  public List<Said> read() {
    return LangChain4jChat.said(memory.messages());
  }
}
