package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An entry of a conversation's log.
 *
 * @param message the message; empty in an entry that only removes others
 * @param effect what the entry does to the conversation
 * @param window for {@link Effect#REPLACES}: the entries that the conversation consists of from
 *     this one on, in their order
 */
record StoredMessage(Optional<ChatMessage> message, Effect effect, List<Range> window) {

  /** What an entry does to the conversation. */
  enum Effect {
    /** Adds its message at the end. */
    CONTINUES,
    /** Nothing, until a later entry names it in its window. */
    WAITS,
    /** Makes the conversation what the window says. */
    REPLACES
  }

  /** Stands for removed entries. */
  static final StoredMessage NOTHING = new StoredMessage(Optional.empty(), Effect.WAITS, List.of());

  static StoredMessage next(ChatMessage message) {
    return new StoredMessage(Optional.of(message), Effect.CONTINUES, List.of());
  }

  static StoredMessage waiting(ChatMessage message) {
    return new StoredMessage(Optional.of(message), Effect.WAITS, List.of());
  }

  static StoredMessage replacing(Optional<ChatMessage> message, List<Range> window) {
    return new StoredMessage(message, Effect.REPLACES, window);
  }

  /** Versions that follow each other. */
  record Range(long first, long last) {

    /** Returns the ranges of these versions, in this order. */
    static List<Range> of(List<Long> versions) {
      List<Range> ranges = new ArrayList<>();
      for (long version : versions) {
        int last = ranges.size() - 1;
        if (last >= 0 && ranges.get(last).last() == version - 1) {
          ranges.set(last, new Range(ranges.get(last).first(), version));
        } else {
          ranges.add(new Range(version, version));
        }
      }
      return ranges;
    }
  }
}
