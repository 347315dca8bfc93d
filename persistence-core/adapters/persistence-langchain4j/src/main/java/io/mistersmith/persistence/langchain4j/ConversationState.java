package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import io.mistersmith.persistence.langchain4j.StoredMessage.Effect;
import io.mistersmith.persistence.langchain4j.StoredMessage.Range;
import io.mistersmith.persistence.log.Log.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A conversation as its log has it up to a version. Immutable. */
final class ConversationState {

  static final ConversationState EMPTY = new ConversationState(0, List.of(), Map.of());

  private final long version;
  private final List<Turn> turns;

  /** Those of the turns: a long array is compared faster than as long a list. */
  private final ChatMessage[] messages;

  /** Messages that no entry has named yet. */
  private final Map<Long, ChatMessage> waiting;

  private ConversationState(long version, List<Turn> turns, Map<Long, ChatMessage> waiting) {
    this.version = version;
    this.turns = Collections.unmodifiableList(turns);
    this.messages = turns.stream().map(Turn::message).toArray(ChatMessage[]::new);
    this.waiting = waiting;
  }

  static ConversationState emptyAt(long version) {
    return new ConversationState(version, List.of(), Map.of());
  }

  /** Returns the version of the log that this is the state of. */
  long version() {
    return version;
  }

  /** Returns the messages, each tool's result beside its call. */
  List<Turn> turns() {
    return turns;
  }

  List<ChatMessage> messages() {
    return new ArrayList<>(Arrays.asList(messages));
  }

  /** Returns whether a list begins with the very messages of this state. */
  boolean begins(List<ChatMessage> list) {
    if (list.size() < messages.length) {
      return false;
    }
    Object[] others = list.toArray();
    for (int i = 0; i < messages.length; i++) {
      if (others[i] != messages[i]) {
        return false;
      }
    }
    return true;
  }

  /** Returns the lowest version of a message; the version after the log's when there is none. */
  long first() {
    return turns.stream().mapToLong(Turn::version).min().orElse(version + 1);
  }

  /**
   * Returns the state after entries that follow in the log.
   *
   * @param most how many of the last messages matter
   */
  ConversationState after(List<Entry<StoredMessage>> entries, int most) {
    if (entries.isEmpty()) {
      return this;
    }
    List<Turn> now = new ArrayList<>(turns);
    Map<Long, ChatMessage> unnamed = new HashMap<>(waiting);
    for (Entry<StoredMessage> entry : entries) {
      StoredMessage stored = entry.value();
      long at = entry.version();
      if (stored.effect() == Effect.REPLACES) {
        stored.message().ifPresent(message -> unnamed.put(at, message));
        now = named(stored.window(), now, unnamed);
        unnamed.clear();
      } else if (stored.effect() == Effect.WAITS) {
        stored.message().ifPresent(message -> unnamed.put(at, message));
      } else {
        List<Turn> target = now;
        stored.message().ifPresent(message -> target.add(new Turn(at, message)));
      }
    }
    List<Turn> arranged = ToolResults.besideCalls(now);
    if (arranged.size() > most) {
      arranged = new ArrayList<>(arranged.subList(arranged.size() - most, arranged.size()));
    }
    return new ConversationState(
        entries.get(entries.size() - 1).version(), arranged, Map.copyOf(unnamed));
  }

  /** Entries that the log has removed are named, but not there any more. */
  private static List<Turn> named(
      List<Range> window, List<Turn> turns, Map<Long, ChatMessage> unnamed) {
    Map<Long, ChatMessage> known = new HashMap<>(unnamed);
    turns.forEach(turn -> known.put(turn.version(), turn.message()));
    List<Turn> named = new ArrayList<>();
    for (Range range : window) {
      for (long version = range.first(); version <= range.last(); version++) {
        ChatMessage message = known.get(version);
        if (message != null) {
          named.add(new Turn(version, message));
        }
      }
    }
    return named;
  }
}
