package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.memory.ChatMemory;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A chat memory that appends to a log. The system message is an entry of its own, so that it is
 * found without the messages before the window. Thread-safe.
 */
final class AppendingChatMemory implements ChatMemory {

  private final Object id;
  private final Conversation conversation;
  private final StateRepository<StoredMessage> systemMessages;
  private final StateKey system;
  private final int most;

  /** The last message that called tools, as far as this memory has added it. */
  private volatile Optional<Turn> lastCall = Optional.empty();

  AppendingChatMemory(
      Object id,
      Conversation conversation,
      StateRepository<StoredMessage> systemMessages,
      StateKey system,
      int most) {
    this.id = id;
    this.conversation = conversation;
    this.systemMessages = systemMessages;
    this.system = system;
    this.most = most;
  }

  @Override
  public Object id() {
    return id;
  }

  @Override
  public void add(ChatMessage message) {
    if (message instanceof SystemMessage) {
      saveSystem(message);
    } else if (message instanceof ToolExecutionResultMessage result) {
      long unused = conversation.append(message, keptWithCall(result));
    } else {
      long version = conversation.append(message, Append.always());
      if (message instanceof AiMessage ai && ai.hasToolExecutionRequests()) {
        lastCall = Optional.of(new Turn(version, message));
      }
    }
  }

  private void saveSystem(ChatMessage message) {
    if (!Optional.of(message).equals(findSystem())) {
      Versioned<StoredMessage> unused = systemMessages.save(system, StoredMessage.next(message));
    }
  }

  private Optional<ChatMessage> findSystem() {
    return systemMessages.find(system).flatMap(found -> found.value().message());
  }

  private Append keptWithCall(ToolExecutionResultMessage result) {
    List<Turn> candidates = lastCall.map(List::of).orElse(List.of());
    if (ToolResults.call(candidates, result, candidates.size()).isEmpty()) {
      candidates = conversation.read().turns();
    }
    List<Turn> turns = candidates;
    return ToolResults.call(turns, result, turns.size()).stream()
        .mapToObj(call -> Append.always().keptWith(turns.get(call).version()))
        .findFirst()
        .orElseGet(Append::always);
  }

  @Override
  public void set(Iterable<ChatMessage> messages) {
    List<ChatMessage> others = new ArrayList<>();
    Optional<ChatMessage> newSystem = Optional.empty();
    for (ChatMessage message : messages) {
      if (message instanceof SystemMessage) {
        newSystem = Optional.of(message);
      } else {
        others.add(message);
      }
    }
    if (others.isEmpty() && newSystem.isEmpty()) {
      throw new IllegalArgumentException("messages must not be empty");
    }
    newSystem.ifPresentOrElse(this::saveSystem, () -> systemMessages.delete(system));
    conversation.update(conversation.read(), others);
  }

  @Override
  public List<ChatMessage> messages() {
    List<ChatMessage> messages = new ArrayList<>();
    findSystem().ifPresent(messages::add);
    List<Turn> turns = conversation.read().turns();
    int room = Math.max(0, most - messages.size());
    List<Turn> shown = turns.subList(Math.max(0, turns.size() - room), turns.size());
    ToolResults.withoutOrphans(shown).forEach(turn -> messages.add(turn.message()));
    return messages;
  }

  @Override
  public void clear() {
    conversation.delete();
    systemMessages.delete(system);
    lastCall = Optional.empty();
  }
}
