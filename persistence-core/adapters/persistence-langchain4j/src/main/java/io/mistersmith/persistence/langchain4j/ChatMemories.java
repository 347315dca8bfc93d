package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.memory.ChatMemory;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Chat memories of one type that append: a message more is one entry more of a log, however many
 * there are. Use it as a provider: {@code chatMemoryProvider(memories::of)}.
 *
 * <p>A memory shows the system message and then the last messages, up to a number. Older ones stay
 * in the log, as far as its {@linkplain Builder#limits limits} allow. A result of a tool is shown
 * after its call, also where another writer's message came between, and never without it.
 *
 * <p>Any number of processes and threads may write one conversation: no message is lost or
 * overwritten, and those of one writer stay in their order. Messages are kept once NATS has
 * acknowledged them, and flushed to PostgreSQL. Failures are {@link
 * io.mistersmith.persistence.error.PersistenceException}s. Thread-safe.
 */
public final class ChatMemories {

  /** The memory id that LangChain4j gives the only conversation of a service. */
  private static final String ONLY = "default";

  private static final String KIND = "langchain4j-chat";
  private static final StateType<StoredMessage> SYSTEM =
      StateType.of("langchain4j-system", StoredMessage.class).withCodec(new MessageCodec());

  private final ConversationType type;
  private final StateRepository<StoredMessage> systemMessages;
  private final int most;

  private ChatMemories(ConversationType type, int most) {
    this.type = type;
    this.systemMessages = type.persistence().states(SYSTEM);
    this.most = most;
  }

  /** Begins to build memories. They do not close {@code persistence}. */
  public static Builder builder(Persistence persistence) {
    return new Builder(persistence);
  }

  /**
   * Returns the memory of a conversation.
   *
   * @param memoryId its text names the conversation: 1 to 255 characters, or 120 with an own
   *     {@linkplain Builder#owner owner}
   */
  public ChatMemory of(Object memoryId) {
    Objects.requireNonNull(memoryId, "memoryId");
    StateKey system = StateKey.of(type.owner(memoryId), type.name(memoryId));
    Conversation conversation = type.conversation(memoryId, KIND, most);
    return new AppendingChatMemory(memoryId, conversation, systemMessages, system, most);
  }

  /** Returns the memory of the conversation that has no id of its own. */
  public ChatMemory ofOnlyConversation() {
    return of(ONLY);
  }

  /** Deletes a conversation with all its entries, in both stores. */
  public void delete(Object memoryId) {
    of(memoryId).clear();
  }

  /** Builds memories. Not thread-safe. */
  public static final class Builder {

    private final Persistence persistence;
    private Optional<Function<Object, AgentId>> owner = Optional.empty();
    private Limits limits = Limits.NONE;
    private int most = 100;

    private Builder(Persistence persistence) {
      this.persistence = Objects.requireNonNull(persistence, "persistence");
    }

    /**
     * Shows at most this many messages of a conversation, the system message among them (100 at
     * first).
     *
     * @throws IllegalArgumentException when it is less than 1
     */
    public Builder maxMessages(int newMost) {
      if (newMost < 1) {
        throw new IllegalArgumentException("maxMessages is " + newMost + "; give 1 or more");
      }
      most = newMost;
      return this;
    }

    /** {@link PersistentChatMemoryStore.Builder#owner}. */
    public Builder owner(Function<Object, AgentId> ownerOfMemoryId) {
      owner = Optional.of(ownerOfMemoryId);
      return this;
    }

    /**
     * Limits every conversation by number, age or size of its messages; by default nothing is. A
     * result of a tool is not removed before its call, and a call not while its result stays.
     */
    public Builder limits(Limits newLimits) {
      limits = Objects.requireNonNull(newLimits, "limits");
      return this;
    }

    /** Returns the memories. */
    public ChatMemories build() {
      return new ChatMemories(new ConversationType(persistence, owner, limits), most);
    }
  }
}
