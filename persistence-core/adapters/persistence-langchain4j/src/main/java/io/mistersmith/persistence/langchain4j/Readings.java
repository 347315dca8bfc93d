package io.mistersmith.persistence.langchain4j;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What each thread read last of a conversation, until it updates it: a framework's update is what
 * the same thread read, changed.
 */
final class Readings {

  private static final int MOST = 8;

  private static final ThreadLocal<Map<Key, ConversationState>> OF_THREAD =
      ThreadLocal.withInitial(LinkedHashMap::new);

  private record Key(PersistentChatMemoryStore store, Object memoryId) {}

  private Readings() {}

  static void note(PersistentChatMemoryStore store, Object memoryId, ConversationState state) {
    Map<Key, ConversationState> readings = OF_THREAD.get();
    readings.put(new Key(store, memoryId), state);
    if (readings.size() > MOST) {
      readings.remove(readings.keySet().iterator().next());
    }
  }

  /** Returns what the thread read last, once. */
  static Optional<ConversationState> take(PersistentChatMemoryStore store, Object memoryId) {
    Map<Key, ConversationState> readings = OF_THREAD.get();
    Optional<ConversationState> last =
        Optional.ofNullable(readings.remove(new Key(store, memoryId)));
    if (readings.isEmpty()) {
      OF_THREAD.remove();
    }
    return last;
  }
}
