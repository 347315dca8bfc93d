package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Names one entry: whose it is, and which of theirs. Any Unicode text of 1 to 255 characters (code
 * points) serves for both parts, but for NUL and unpaired surrogates, which PostgreSQL and UTF-8
 * cannot hold.
 *
 * @param agent the owner; for {@link DataType#AGENT_STATE} the UUID of a registered agent
 * @param key the entry's name among its owner's; dots make levels that prefixes can end at
 */
public record StateKey(String agent, String key) {

  /** The longest agent or key, in Unicode code points (the width of the columns in seed 9.2). */
  public static final int MAX_LENGTH = 255;

  /**
   * Checks both parts.
   *
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} when one is null,
   *     empty, too long, or not text that both stores can keep
   */
  public StateKey {
    check("agent", agent);
    check("key", key);
  }

  /** The entry {@code key} of the agent with this id. */
  public static StateKey of(UUID agent, String key) {
    return new StateKey(agent.toString(), key);
  }

  /** The entry {@code key} of {@code agent}. */
  public static StateKey of(String agent, String key) {
    return new StateKey(agent, key);
  }

  private static void check(String field, @Nullable String text) {
    if (text == null) {
      throw invalid(field, "is null");
    }
    if (text.isEmpty()) {
      throw invalid(field, "is empty");
    }
    int length = text.codePointCount(0, text.length());
    if (length > MAX_LENGTH) {
      throw invalid(field, "has " + length + " characters, more than " + MAX_LENGTH);
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        throw invalid(field, "holds NUL at index " + i + ", which PostgreSQL cannot store");
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw invalid(field, "holds half a surrogate pair at index " + i + ", which is no text");
      }
    }
  }

  private static NonTransientPersistenceException invalid(String field, String reason) {
    return new NonTransientPersistenceException(
        DataError.INVALID_KEY, "state key: " + field + " " + reason);
  }

  @Override
  public String toString() {
    return agent + "/" + key;
  }
}
