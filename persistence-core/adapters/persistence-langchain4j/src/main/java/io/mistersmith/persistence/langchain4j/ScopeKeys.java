package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.agentic.scope.AgenticScopeKey;
import java.util.UUID;

/**
 * Keys of scopes as text: the length of the agent's id, that id, and the memory id with its type.
 */
final class ScopeKeys {

  private ScopeKeys() {}

  static String text(AgenticScopeKey key) {
    Object id = key.memoryId();
    return key.agentId().length() + "." + key.agentId() + "." + letter(id) + id;
  }

  private static char letter(Object id) {
    if (id instanceof String) {
      return 's';
    }
    if (id instanceof Integer) {
      return 'i';
    }
    if (id instanceof Long) {
      return 'l';
    }
    if (id instanceof UUID) {
      return 'u';
    }
    throw new IllegalArgumentException(
        "memory id of a scope is a "
            + id.getClass().getName()
            + "; give a String, Integer, Long or UUID");
  }

  static AgenticScopeKey parse(String text) {
    int start = text.indexOf('.') + 1;
    int end = start + Integer.parseInt(text.substring(0, start - 1));
    String id = text.substring(end + 2);
    Object memoryId =
        switch (text.charAt(end + 1)) {
          case 'i' -> Integer.valueOf(id);
          case 'l' -> Long.valueOf(id);
          case 'u' -> UUID.fromString(id);
          default -> id;
        };
    return new AgenticScopeKey(text.substring(start, end), memoryId);
  }
}
