package io.mistersmith.persistence.springai;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one call changed in a conversation: an entry of its log. A conversation is its {@code head},
 * then the messages of all turns from {@code start} on, then those of this turn. So dropping the
 * oldest messages and adding new ones is one small entry, however many stay.
 *
 * @param fresh whether the conversation is this turn's messages alone; then it has no start
 * @param head copies of messages that come first, although the start is later
 * @param start the first message that stays; empty when nothing was dropped
 * @param messages the messages that are added, as JSON
 * @param part the id of the turn that these messages are a part of: they count when it comes
 * @param whole where this turn's parts are, if it has some
 */
record Turn(
    boolean fresh,
    List<Map<String, Object>> head,
    Optional<Start> start,
    List<Map<String, Object>> messages,
    Optional<String> part,
    Optional<Whole> whole) {

  /**
   * The first message that stays.
   *
   * @param from the version to read from, which has the turn's first part
   * @param version the version of the turn
   * @param skipped how many messages of the turn are dropped
   */
  record Start(long from, long version, int skipped) {}

  /**
   * The parts of a turn that is too large for one entry.
   *
   * @param from the version of the first part
   * @param id the id of the turn
   */
  record Whole(long from, String id) {}

  /** A turn that changes nothing: a place holder for those that were removed. */
  static final Turn NOTHING = added(List.of());

  /** An end of all messages so far. */
  static final Turn CLEARED =
      new Turn(true, List.of(), Optional.empty(), List.of(), Optional.empty(), Optional.empty());

  static Turn added(List<Map<String, Object>> messages) {
    return new Turn(
        false, List.of(), Optional.empty(), messages, Optional.empty(), Optional.empty());
  }

  static Turn replacing(List<Map<String, Object>> messages) {
    return new Turn(
        true, List.of(), Optional.empty(), messages, Optional.empty(), Optional.empty());
  }

  static Turn from(
      Start start, List<Map<String, Object>> head, List<Map<String, Object>> messages) {
    return new Turn(false, head, Optional.of(start), messages, Optional.empty(), Optional.empty());
  }

  static Turn partOf(String turn, List<Map<String, Object>> messages) {
    return new Turn(
        false, List.of(), Optional.empty(), messages, Optional.of(turn), Optional.empty());
  }

  /** Returns this turn with these messages after those of its parts. */
  Turn after(Whole parts, List<Map<String, Object>> last) {
    return new Turn(fresh, head, start, last, Optional.empty(), Optional.of(parts));
  }

  /** Returns the first version that must be read to know this turn, which has this version. */
  long needs(long version) {
    long own = whole.map(Whole::from).orElse(version);
    return fresh ? own : start.map(Start::from).orElse(own);
  }

  /** Whether all earlier messages stay, and these come after them. */
  boolean addsOnly() {
    return !beginsView() && part.isEmpty() && whole.isEmpty();
  }

  /** Whether what was before this turn need not be known. */
  boolean beginsView() {
    return fresh || start.isPresent();
  }

  Map<String, Object> json() {
    Map<String, Object> json = new HashMap<>();
    json.put("m", messages);
    if (fresh) {
      json.put("fresh", true);
    }
    if (!head.isEmpty()) {
      json.put("head", head);
    }
    start.ifPresent(at -> json.put("start", List.of(at.from, at.version, at.skipped)));
    part.ifPresent(id -> json.put("part", id));
    whole.ifPresent(
        parts -> {
          json.put("from", parts.from);
          json.put("whole", parts.id);
        });
    return json;
  }

  static Turn read(Map<String, Object> json) {
    return new Turn(
        json.containsKey("fresh"),
        messages(json.get("head")),
        json.get("start") instanceof List<?> at
            ? Optional.of(new Start(number(at, 0), number(at, 1), (int) number(at, 2)))
            : Optional.empty(),
        messages(json.get("m")),
        Optional.ofNullable((String) json.get("part")),
        json.get("whole") instanceof String id && json.get("from") instanceof Number from
            ? Optional.of(new Whole(from.longValue(), id))
            : Optional.empty());
  }

  private static long number(List<?> numbers, int index) {
    return ((Number) numbers.get(index)).longValue();
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> messages(@Nullable Object json) {
    return json == null ? List.of() : (List<Map<String, Object>>) json;
  }
}
