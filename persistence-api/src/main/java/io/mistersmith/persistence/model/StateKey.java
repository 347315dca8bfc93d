package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;

/**
 * Names one entry: its owner, its type, and its name among the owner's entries of that type. Any
 * Unicode text of 1 to 255 characters (code points) serves as name, except NUL and unpaired
 * surrogates, which PostgreSQL and UTF-8 cannot hold.
 *
 * @param agent the owner
 * @param type the name of the entry's {@link io.mistersmith.persistence.state.StateType}; {@link
 *     #UNTYPED} in a key that a caller passes to a repository, which puts its own type there
 * @param key the entry's name; dots make levels that prefixes can end at
 */
public record StateKey(AgentId agent, String type, String key) {

  /** The longest key, in Unicode code points. */
  public static final int MAX_LENGTH = 255;

  /** Stands for the type in a key that names none. */
  public static final String UNTYPED = "_";

  /** The type of the entries that describe large values. */
  public static final String LARGE = "_large";

  /**
   * The type of the parts of large values in a bucket. They are no entries: their owner is the
   * content, their key is their number, and no repository returns them.
   */
  public static final String CHUNK = "_chunk";

  private static final int MAX_TYPE = 64;

  /**
   * Checks the parts.
   *
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} when the key is
   *     empty, too long, or not text that both stores can keep, or the type is not a type's name
   */
  public StateKey {
    if (agent == null) {
      throw KeyText.invalid("agent", "is null");
    }
    if (!type.equals(UNTYPED) && !isTypeName(type) && !isReserved(type)) {
      throw KeyText.invalid(
          "type", "is not 1 to 64 of the letters A-Z, a-z, digits, _ and -, not _ first");
    }
    KeyText.check("key", key, MAX_LENGTH);
  }

  /** Returns the entry {@code key} of {@code agent}. */
  public static StateKey of(AgentId agent, String key) {
    return new StateKey(agent, UNTYPED, key);
  }

  /**
   * Returns the entry with this {@link #path} of {@code agent}.
   *
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} when no entry has
   *     such a path
   */
  public static StateKey ofPath(AgentId agent, String path) {
    int dot = path.indexOf('.');
    if (dot < 1) {
      throw KeyText.invalid("path", "has no type before its first dot");
    }
    String type = path.substring(0, dot);
    return new StateKey(agent, type.equals(UNTYPED) ? UNTYPED : type, path.substring(dot + 1));
  }

  /** Returns the name of the entry among all of its owner's: its type, a dot and its key. */
  public String path() {
    return type + '.' + key;
  }

  /** Returns the entry of the same owner and name that has this type. */
  public StateKey withType(String type) {
    return type.equals(this.type) ? this : new StateKey(agent, type, key);
  }

  /** Returns whether the type is one of this library's own, which no repository has. */
  private static boolean isReserved(String type) {
    return type.length() > 1 && type.charAt(0) == '_' && isTypeName(type.substring(1));
  }

  /** Returns whether a {@link io.mistersmith.persistence.state.StateType} can have the name. */
  public static boolean isTypeName(String name) {
    if (name.isEmpty() || name.length() > MAX_TYPE || name.charAt(0) == '_') {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if ((c < 'a' || c > 'z')
          && (c < 'A' || c > 'Z')
          && (c < '0' || c > '9')
          && c != '-'
          && c != '_') {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return type.equals(UNTYPED) ? agent + "/" + key : agent + "/" + type + "." + key;
  }
}
