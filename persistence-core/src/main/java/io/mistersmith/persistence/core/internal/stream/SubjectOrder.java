package io.mistersmith.persistence.core.internal.stream;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The messages that this process holds, and which of them may be handled: all, or the first of each
 * subject unless it is among those that are only collected yet. Guarded by its {@link
 * ConsumerLoop}.
 */
final class SubjectOrder {

  private final boolean ordered;
  private final Map<Long, HeldMessage> held = new HashMap<>();
  private final Map<String, NavigableMap<Long, HeldMessage>> subjects = new HashMap<>();
  private final Map<String, HeldMessage> turns = new HashMap<>();
  private final Set<Long> collected = new HashSet<>();

  SubjectOrder(boolean ordered) {
    this.ordered = ordered;
  }

  int size() {
    return held.size();
  }

  List<HeldMessage> all() {
    return new ArrayList<>(held.values());
  }

  /** The sequences of the messages that wait for their answer. */
  Set<Long> unanswered() {
    return held.values().stream()
        .filter(message -> !message.isAnswered())
        .map(HeldMessage::sequence)
        .collect(Collectors.toSet());
  }

  /** Adds a message; returns it when it may be handled now. One that is held is not added. */
  Optional<HeldMessage> add(HeldMessage message) {
    if (held.putIfAbsent(message.sequence(), message) != null) {
      return Optional.empty();
    }
    if (!ordered) {
      return Optional.of(message);
    }
    String subject = message.message().subject();
    subjects.computeIfAbsent(subject, same -> new TreeMap<>()).put(message.sequence(), message);
    return next(subject);
  }

  /** Adds a message that must not be handled before {@link #begin}. */
  void collect(HeldMessage message) {
    if (!held.containsKey(message.sequence())) {
      collected.add(message.sequence());
      Optional<HeldMessage> unused = add(message);
    }
  }

  /** Lets the collected messages be handled in their turn; returns those whose turn is now. */
  List<HeldMessage> begin() {
    if (collected.isEmpty()) {
      return List.of();
    }
    collected.clear();
    return subjects.keySet().stream().map(this::next).flatMap(Optional::stream).toList();
  }

  /** Removes a message; returns the next one of its subject that may be handled now. */
  Optional<HeldMessage> remove(HeldMessage message) {
    if (!held.remove(message.sequence(), message) || !ordered) {
      return Optional.empty();
    }
    String subject = message.message().subject();
    collected.remove(message.sequence());
    NavigableMap<Long, HeldMessage> queue = subjects.get(subject);
    if (queue != null) {
      queue.remove(message.sequence());
      if (queue.isEmpty()) {
        subjects.remove(subject);
      }
    }
    if (message == turns.get(subject)) {
      turns.remove(subject);
    }
    return next(subject);
  }

  /** Gives the first message of the subject its turn when no other one has it. */
  private Optional<HeldMessage> next(String subject) {
    NavigableMap<Long, HeldMessage> queue = subjects.get(subject);
    if (queue == null || turns.containsKey(subject) || collected.contains(queue.firstKey())) {
      return Optional.empty();
    }
    HeldMessage first = queue.firstEntry().getValue();
    turns.put(subject, first);
    return Optional.of(first);
  }
}
