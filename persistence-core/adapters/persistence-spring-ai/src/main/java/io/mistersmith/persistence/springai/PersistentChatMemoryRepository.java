package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.util.Assert;

/**
 * Spring AI's chat memory in this library: acknowledged by NATS, and in PostgreSQL soon after. Make
 * one for a {@link Persistence} and share it; it is thread-safe.
 *
 * <p>Messages of all types come back equal: media, tool calls, results of tools, and metadata of
 * texts, numbers, booleans, enums, times, UUIDs, URIs, bytes, lists, sets and maps. A value of
 * another class comes back as its text, a subclass of a message as the type that it extends.
 *
 * <p>A save compares the messages with those that are stored, and appends the difference. New
 * messages after old ones, and the oldest ones dropped, are one small entry in a log, however long
 * the conversation is. Any other change replaces all messages at once.
 *
 * <p>Writers of one conversation lose nothing of each other. When a thread has read a conversation
 * and saves some of the messages that it was given, as {@code MessageWindowChatMemory} does, what
 * other threads and processes added since stays, before the new messages. So does it when the
 * thread found the conversation empty. A save without a read before it replaces whatever is there.
 * The result of a tool that is saved later than its call stands next to it.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s. A message that is
 * larger than an entry of a log (about 1 MB) fails as {@code VALUE_TOO_LARGE}: keep large media
 * elsewhere, and give their address.
 */
public final class PersistentChatMemoryRepository implements ChatMemoryRepository, AutoCloseable {

  private static final ThreadLocal<LastRead> LAST_READ = new ThreadLocal<>();

  private final Conversations conversations;

  /** What a thread was given by its last call. */
  private record LastRead(Conversations of, String conversation, View view) {}

  private PersistentChatMemoryRepository(Builder builder) {
    this.conversations =
        new Conversations(
            builder.persistence,
            builder.name,
            builder.limits,
            new KnownViews(builder.remembered, builder.trusted));
  }

  /** Returns a repository that keeps all messages until they are deleted. */
  public static PersistentChatMemoryRepository of(Persistence persistence) {
    return builder(persistence).build();
  }

  /** Begins a repository. */
  public static Builder builder(Persistence persistence) {
    return new Builder(persistence);
  }

  /**
   * Returns the ids of all conversations that have been saved and not deleted, in any order. The
   * first call reads them from the stores; later ones answer from memory, which shows what this
   * process did at once, and what others did within the latency of a watch.
   */
  @Override
  public List<String> findConversationIds() {
    LAST_READ.remove();
    return conversations.list();
  }

  @Override
  public List<Message> findByConversationId(String conversationId) {
    requireText(conversationId);
    View view = conversations.read(conversationId);
    LAST_READ.set(new LastRead(conversations, conversationId, view));
    return view.messages();
  }

  /**
   * Makes the conversation these messages, as the class says.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when other writers were faster each time for 5 seconds; nothing was saved
   */
  @Override
  public void saveAll(String conversationId, List<Message> messages) {
    requireText(conversationId);
    Assert.notNull(messages, "messages cannot be null");
    Assert.noNullElements(messages, "messages cannot contain null elements");
    LastRead read = LAST_READ.get();
    LAST_READ.remove();
    if (read != null
        && read.of == conversations
        && read.conversation.equals(conversationId)
        && isMadeOf(read.view, messages)) {
      conversations.saveAfter(read.view, conversationId, messages);
    } else {
      conversations.save(conversationId, messages);
    }
  }

  /** Returns whether the messages are those of the view with changes, by their identity. */
  private static boolean isMadeOf(View view, List<Message> messages) {
    if (view.isEmpty() || (!messages.isEmpty() && messages.get(0) == view.slots().get(0).last())) {
      return true;
    }
    Set<Message> given = Collections.newSetFromMap(new IdentityHashMap<>());
    given.addAll(messages);
    return view.slots().stream().anyMatch(slot -> given.contains(slot.last()));
  }

  /** Deletes the messages and the conversation. What other writers save afterwards stays. */
  @Override
  public void deleteByConversationId(String conversationId) {
    requireText(conversationId);
    LAST_READ.remove();
    conversations.delete(conversationId);
  }

  private static void requireText(@Nullable String conversationId) {
    Assert.hasText(conversationId, "conversationId cannot be null or empty");
  }

  /** Ends the watch that keeps the list of conversations in memory. The next list starts one. */
  @Override
  public void close() {
    conversations.close();
  }

  /** Settings of a repository. Used by one thread. */
  public static final class Builder {

    private final Persistence persistence;
    private String name = "chat-memory";
    private Limits limits = Limits.NONE;
    private int remembered = 256;
    private Duration trusted = Duration.ZERO;

    private Builder(Persistence persistence) {
      this.persistence = persistence;
    }

    /**
     * Sets the name of the memory ({@code chat-memory} unless set): 1 to 100 characters.
     * Repositories of one name share their conversations, in all processes; those of other names do
     * not see them.
     */
    public Builder name(String newName) {
      Assert.hasText(newName, "name cannot be null or empty");
      this.name = newName;
      return this;
    }

    /**
     * Sets what every conversation keeps at most, from its first save on: the last saves by number,
     * age or bytes of JSON. A save is what one call adds, usually one or two messages. A result of
     * a tool is not kept without its call.
     */
    public Builder keep(Limits newLimits) {
      this.limits = newLimits;
      return this;
    }

    /**
     * Sets how many conversations stay in this process's memory (256 unless set), so that a read
     * fetches only what is new. With limits none do.
     *
     * @throws IllegalArgumentException when it is negative
     */
    public Builder remember(int most) {
      Assert.isTrue(most >= 0, "a number of conversations cannot be negative");
      this.remembered = most;
      return this;
    }

    /**
     * Sets for how long a conversation in memory is taken for the latest without asking NATS (not
     * at all unless set). A read then may not show what other processes saved in that time. A save
     * does not lose it: it appends to the latest conversation whatever was read.
     *
     * @throws IllegalArgumentException when it is negative
     */
    public Builder trustMemory(Duration time) {
      Assert.isTrue(!time.isNegative(), "a time to trust memory cannot be negative");
      this.trusted = time;
      return this;
    }

    /** Returns the repository. */
    public PersistentChatMemoryRepository build() {
      return new PersistentChatMemoryRepository(this);
    }
  }
}
