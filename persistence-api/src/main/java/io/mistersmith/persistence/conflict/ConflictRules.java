package io.mistersmith.persistence.conflict;

import io.mistersmith.persistence.model.StateKey;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * The resolvers of a repository, by prefix of the key. Immutable.
 *
 * @param <T> the type of the values
 */
public final class ConflictRules<T> {
  private final ConflictResolver<T> otherwise;
  private final Map<String, ConflictResolver<T>> byPrefix;

  private ConflictRules(ConflictResolver<T> otherwise, Map<String, ConflictResolver<T>> byPrefix) {
    this.otherwise = otherwise;
    this.byPrefix = byPrefix;
  }

  /** One resolver for all keys. */
  public static <T> ConflictRules<T> of(ConflictResolver<T> resolver) {
    return new ConflictRules<>(resolver, Map.of());
  }

  /**
   * These rules with another resolver for the keys that start with {@code prefix}. If several
   * prefixes fit a key, the longest counts.
   *
   * @param prefix the beginning of the keys, without the agent; not empty
   */
  public ConflictRules<T> withPrefix(String prefix, ConflictResolver<T> resolver) {
    if (prefix.isEmpty()) {
      throw new IllegalArgumentException(
          "prefix is empty, which would be all keys: give that resolver to ConflictRules.of");
    }
    Map<String, ConflictResolver<T>> more = new TreeMap<>(byPrefix);
    more.put(prefix, resolver);
    return new ConflictRules<>(otherwise, more);
  }

  /** The resolver that decides for the key. */
  public ConflictResolver<T> resolverFor(StateKey key) {
    return byPrefix.entrySet().stream()
        .filter(entry -> key.key().startsWith(entry.getKey()))
        .max(Comparator.comparingInt(entry -> entry.getKey().length()))
        .map(Map.Entry::getValue)
        .orElse(otherwise);
  }
}
