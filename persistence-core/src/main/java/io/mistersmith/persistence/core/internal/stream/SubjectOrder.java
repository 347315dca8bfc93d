package io.mistersmith.persistence.core.internal.stream;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The messages that this process holds, and which of them may be handled: all, or the first of each
 * subject. Guarded by its {@link ConsumerLoop}.
 */
final class SubjectOrder {

  private final boolean ordered;
  private final Map<Long, HeldMessage> held = new HashMap<>();
  private final Map<String, Deque<HeldMessage>> subjects = new HashMap<>();

  SubjectOrder(boolean ordered) {
    this.ordered = ordered;
  }

  int size() {
    return held.size();
  }

  List<HeldMessage> all() {
    return new ArrayList<>(held.values());
  }

  /** Adds a message; returns it when it may be handled now. One that is held is not added. */
  Optional<HeldMessage> add(HeldMessage message) {
    if (held.putIfAbsent(message.sequence(), message) != null) {
      return Optional.empty();
    }
    if (!ordered) {
      return Optional.of(message);
    }
    Deque<HeldMessage> queue =
        subjects.computeIfAbsent(message.message().subject(), subject -> new ArrayDeque<>());
    queue.addLast(message);
    return queue.size() == 1 ? Optional.of(message) : Optional.empty();
  }

  /** Removes a message; returns the next one of its subject that may be handled now. */
  Optional<HeldMessage> remove(HeldMessage message) {
    if (!held.remove(message.sequence(), message) || !ordered) {
      return Optional.empty();
    }
    String subject = message.message().subject();
    Deque<HeldMessage> queue = subjects.getOrDefault(subject, new ArrayDeque<>());
    boolean first = queue.peekFirst() == message;
    boolean unused = queue.remove(message);
    if (queue.isEmpty()) {
      subjects.remove(subject);
    }
    return first ? Optional.ofNullable(queue.peekFirst()) : Optional.empty();
  }
}
