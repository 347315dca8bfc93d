package io.mistersmith.persistence.state;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.Objects;
import java.util.Optional;

/**
 * Selects entries for {@link StateRepository#search}: those that meet every condition, in the order
 * of their owners' UUIDs and then of the bytes of their keys, a page at a time. Immutable: each
 * {@code with} returns a copy.
 */
public final class StateQuery {

  /** The largest page. */
  public static final int MAX_LIMIT = 1_000;

  private static final StateQuery EMPTY =
      new StateQuery(
          Optional.empty(), "", Optional.empty(), Optional.empty(), Optional.empty(), 100);

  private final Optional<AgentId> owner;
  private final String prefix;
  private final Optional<Object> part;
  private final Optional<String> words;
  private final Optional<StateKey> after;
  private final int limit;

  private StateQuery(
      Optional<AgentId> owner,
      String prefix,
      Optional<Object> part,
      Optional<String> words,
      Optional<StateKey> after,
      int limit) {
    this.owner = owner;
    this.prefix = prefix;
    this.part = part;
    this.words = words;
    this.after = after;
    this.limit = limit;
  }

  /** Returns a query of all entries of an owner, in pages of 100. */
  public static StateQuery ofOwner(AgentId owner) {
    return EMPTY.withOwner(owner);
  }

  /** Returns a query of the entries of all owners that contain {@code part}, in pages of 100. */
  public static StateQuery containing(Object part) {
    return EMPTY.withPart(part);
  }

  /** Returns a query of the entries of all owners that have these words, in pages of 100. */
  public static StateQuery matching(String words) {
    return EMPTY.withWords(words);
  }

  /** Returns a copy that selects this owner's entries alone. */
  public StateQuery withOwner(AgentId newOwner) {
    return new StateQuery(Optional.of(newOwner), prefix, part, words, after, limit);
  }

  /**
   * Returns a copy that selects entries whose keys start with this text alone.
   *
   * @throws IllegalArgumentException when no key can start with it
   */
  public StateQuery withPrefix(String newPrefix) {
    if (!newPrefix.isEmpty()) {
      requireText("prefix", newPrefix);
    }
    return new StateQuery(owner, newPrefix, part, words, after, limit);
  }

  /**
   * Returns a copy that selects entries whose JSON contains this JSON alone, as {@code jsonb}'s
   * operator {@code @>} decides: an object contains another one when it has each of its members,
   * whose values contain the other's; an array contains another one when each element of the other
   * is contained in one of its own, in any order and number; numbers are compared by value, all
   * else for equality. An array contains a text, number or boolean that is an element of it, where
   * the array is the whole entry.
   *
   * @param newPart a map, list, text, number or boolean, or what maps to these
   */
  public StateQuery withPart(Object newPart) {
    return new StateQuery(
        owner, prefix, Optional.of(Objects.requireNonNull(newPart, "part")), words, after, limit);
  }

  /**
   * Returns a copy that selects entries alone that have all of these words in their texts, in any
   * order. The texts are the strings in the JSON; names of members are none. Words are compared in
   * the language that the set was applied with; {@code simple}, the default, compares them in lower
   * case. Entries of more than 256 KiB have no words.
   *
   * @throws IllegalArgumentException when it is blank, or no text that PostgreSQL can hold
   */
  public StateQuery withWords(String newWords) {
    if (newWords.isBlank()) {
      throw new IllegalArgumentException("words are blank; give one at least");
    }
    requireText("words", newWords);
    return new StateQuery(owner, prefix, part, Optional.of(newWords), after, limit);
  }

  private static void requireText(String what, String text) {
    if (text.codePoints().anyMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE)) {
      throw new IllegalArgumentException(
          what + ": holds NUL or half a surrogate pair, which no entry has");
    }
  }

  /**
   * Returns a copy for the page that comes after a key: the last one of the page before. It need
   * not exist any more.
   */
  public StateQuery after(StateKey key) {
    return new StateQuery(owner, prefix, part, words, Optional.of(key), limit);
  }

  /**
   * Returns a copy with pages of at most this many entries (100 at first).
   *
   * @throws IllegalArgumentException when it is less than 1 or more than {@value #MAX_LIMIT}
   */
  public StateQuery withLimit(int most) {
    if (most < 1 || most > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "a page of " + most + " entries: ask for 1 to " + MAX_LIMIT);
    }
    return new StateQuery(owner, prefix, part, words, after, most);
  }

  /** Returns the owner, where only one's entries are selected. */
  public Optional<AgentId> owner() {
    return owner;
  }

  /** Returns what the keys must start with. */
  public String prefix() {
    return prefix;
  }

  /** Returns what the entries must contain. */
  public Optional<Object> part() {
    return part;
  }

  /** Returns the words that the entries must have. */
  public Optional<String> words() {
    return words;
  }

  /** Returns the key that the page comes after; empty for the first page. */
  public Optional<StateKey> after() {
    return after;
  }

  /** Returns how many entries the page has at most. */
  public int limit() {
    return limit;
  }
}
