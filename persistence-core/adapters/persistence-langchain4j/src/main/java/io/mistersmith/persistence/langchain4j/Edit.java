package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * What a caller made of the messages that it had read: which ones stay, and which are new.
 * Immutable.
 *
 * <p>Applied to a conversation that other writers have changed since, it removes what the caller
 * removed, adds what the caller added, and keeps the rest.
 */
final class Edit {

  private final Set<Long> seen;
  private final List<Turn> wanted;

  private Edit(Set<Long> seen, List<Turn> wanted) {
    this.seen = seen;
    this.wanted = wanted;
  }

  /**
   * Compares what a caller read with what it hands over. Messages are the same when they are the
   * same objects: frameworks hand over those that they were given. When none of them is, equal ones
   * are the same.
   */
  static Edit between(List<Turn> read, List<ChatMessage> wanted) {
    IdentityHashMap<ChatMessage, Integer> places = new IdentityHashMap<>();
    for (int i = 0; i < read.size(); i++) {
      places.put(read.get(i).message(), i);
    }
    boolean known = wanted.stream().anyMatch(places::containsKey);
    List<Turn> turns = new ArrayList<>(wanted.size());
    int next = 0;
    for (ChatMessage message : wanted) {
      int place = known ? places.getOrDefault(message, -1) : equal(read, message, next);
      if (place >= next) {
        turns.add(read.get(place));
        next = place + 1;
      } else {
        turns.add(Turn.ofNew(message));
      }
    }
    Set<Long> seen = new HashSet<>();
    read.forEach(turn -> seen.add(turn.version()));
    return new Edit(seen, turns);
  }

  private static int equal(List<Turn> read, ChatMessage message, int from) {
    for (int i = from; i < read.size(); i++) {
      if (read.get(i).message().equals(message)) {
        return i;
      }
    }
    return -1;
  }

  /** Returns the messages that a conversation then has. */
  List<Turn> appliedTo(List<Turn> now) {
    Set<Long> present = new HashSet<>();
    now.forEach(turn -> present.add(turn.version()));
    List<Turn> result = new ArrayList<>(wanted.size());
    wanted.stream()
        .filter(turn -> turn.isNew() || present.contains(turn.version()))
        .forEach(result::add);
    int end = result.size();
    while (end > 0 && result.get(end - 1).isNew()) {
      end--;
    }
    List<Turn> ofOthers = now.stream().filter(turn -> !seen.contains(turn.version())).toList();
    result.addAll(end, ofOthers);
    return result;
  }
}
