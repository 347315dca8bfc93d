package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.store.memory.chat.ChatMemoryStore;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * A chat memory store for LangChain4j's window memories. Each conversation is a log: what the
 * framework hands over is compared with what it was given, and the difference is appended. A
 * message more is one entry more; an evicted one is named as such in the same entry.
 *
 * <p>Processes and threads may write one conversation at once. An update adds and removes what its
 * caller added and removed since the same thread's last {@link #getMessages} of that conversation,
 * and keeps what others added meanwhile. Without such a read it replaces all messages.
 *
 * <p>Messages are kept once NATS has acknowledged them, and flushed to PostgreSQL. Failures are
 * {@link io.mistersmith.persistence.error.PersistenceException}s. Thread-safe.
 */
public final class PersistentChatMemoryStore implements ChatMemoryStore {

  private static final String KIND = "langchain4j-window";

  private final ConversationType type;
  private final Map<Object, Conversation> recent;

  private PersistentChatMemoryStore(ConversationType type, int cached) {
    this.type = type;
    this.recent =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Object, Conversation> eldest) {
            return size() > cached;
          }
        };
  }

  /** Returns a store without limits, whose conversations are their own owners. */
  public static PersistentChatMemoryStore of(Persistence persistence) {
    return builder(persistence).build();
  }

  /** Begins to build a store. The store does not close {@code persistence}. */
  public static Builder builder(Persistence persistence) {
    return new Builder(persistence);
  }

  private Conversation conversation(Object memoryId) {
    Objects.requireNonNull(memoryId, "memoryId");
    synchronized (recent) {
      return recent.computeIfAbsent(memoryId, id -> type.conversation(id, KIND, Integer.MAX_VALUE));
    }
  }

  /** Returns the messages of a conversation in a new list; an empty one when there are none. */
  @Override
  public List<ChatMessage> getMessages(Object memoryId) {
    ConversationState state = conversation(memoryId).read();
    Readings.note(this, memoryId, state);
    return state.messages();
  }

  /**
   * Makes the conversation what the caller made of it: adds the messages that are new, removes
   * those that are missing, all at once.
   */
  @Override
  public void updateMessages(Object memoryId, List<ChatMessage> messages) {
    Conversation conversation = conversation(memoryId);
    ConversationState read = Readings.take(this, memoryId).orElseGet(conversation::read);
    conversation.update(read, messages);
  }

  /** Deletes a conversation with all its entries, in both stores. */
  @Override
  public void deleteMessages(Object memoryId) {
    Optional<ConversationState> unused = Readings.take(this, memoryId);
    conversation(memoryId).delete();
  }

  /** Builds a store. Not thread-safe. */
  public static final class Builder {

    private final Persistence persistence;
    private Optional<Function<Object, AgentId>> owner = Optional.empty();
    private Limits limits = Limits.NONE;
    private int cached = 256;

    private Builder(Persistence persistence) {
      this.persistence = Objects.requireNonNull(persistence, "persistence");
    }

    /**
     * Names the owner of each conversation by its memory id, such as the user's agent. A registered
     * owner's conversations are deleted with it. Ids then have at most 120 characters. By default a
     * conversation is its own owner, outside the registry.
     */
    public Builder owner(Function<Object, AgentId> ownerOfMemoryId) {
      owner = Optional.of(ownerOfMemoryId);
      return this;
    }

    /** Limits every conversation by number, age or size of its entries; by default nothing is. */
    public Builder limits(Limits newLimits) {
      limits = Objects.requireNonNull(newLimits, "limits");
      return this;
    }

    /**
     * Keeps the messages of this many conversations in memory (256 at first), so that a read only
     * fetches what was appended since.
     */
    public Builder cachedConversations(int most) {
      cached = most;
      return this;
    }

    /** Returns the store. */
    public PersistentChatMemoryStore build() {
      return new PersistentChatMemoryStore(
          new ConversationType(persistence, owner, limits), cached);
    }
  }
}
