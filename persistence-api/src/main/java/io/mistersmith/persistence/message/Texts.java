package io.mistersmith.persistence.message;

import io.mistersmith.persistence.model.AgentId;
import java.util.Map;
import java.util.Optional;

/** Checks what the columns of messages take. */
final class Texts {

  private Texts() {}

  /** Returns the text if it is 1 to so many characters that PostgreSQL can hold. */
  static String require(String what, String text, int most) {
    if (text.isEmpty() || text.codePointCount(0, text.length()) > most || !isStorable(text)) {
      throw new IllegalArgumentException(
          what + ": give 1 to " + most + " characters, without NUL or half a surrogate pair");
    }
    return text;
  }

  /** Checks names and values, which may be empty. */
  static void require(String what, Map<String, String> texts) {
    texts.forEach(
        (name, value) -> {
          if (!isStorable(name) || !isStorable(value)) {
            throw new IllegalArgumentException(
                what + ": PostgreSQL cannot hold NUL or half a surrogate pair");
          }
        });
  }

  static void requireAgent(Optional<AgentId> agent) {
    agent.ifPresent(id -> id.requireRegistered("messages"));
  }

  private static boolean isStorable(String text) {
    return text.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE);
  }
}
