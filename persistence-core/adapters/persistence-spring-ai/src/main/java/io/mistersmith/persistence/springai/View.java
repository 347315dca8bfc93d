package io.mistersmith.persistence.springai;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;

/**
 * A conversation as it is at a version of its log. Immutable.
 *
 * @param version the version
 * @param replacedAt the last version that replaced all messages; 0 if none did
 * @param head copies of messages from before the run
 * @param run the messages of the log from some place on, in its order
 * @param slots head and run as callers see them: results of tools are next to their calls
 * @param needed the first version that has some of the run's messages
 */
record View(
    long version, long replacedAt, List<Slot> head, List<Slot> run, List<Slot> slots, long needed) {

  static final View EMPTY = of(0, 0, List.of(), List.of());

  static View of(long version, long replacedAt, List<Slot> head, List<Slot> run) {
    return new View(
        version, replacedAt, head, run, arranged(head, run), needs(version, run, run.size()));
  }

  /** Returns this view with messages after its last ones, which costs little for a long one. */
  View and(long newVersion, List<Slot> added) {
    if (added.stream().anyMatch(slot -> !slot.results.isEmpty())) {
      return of(newVersion, replacedAt, head, longer(run, added));
    }
    return new View(
        newVersion,
        replacedAt,
        head,
        longer(run, added),
        longer(slots, added),
        Math.min(run.isEmpty() ? Long.MAX_VALUE : needed, needs(newVersion, added, added.size())));
  }

  private static List<Slot> longer(List<Slot> slots, List<Slot> added) {
    List<Slot> longer = new ArrayList<>(slots.size() + added.size());
    longer.addAll(slots);
    longer.addAll(added);
    return longer;
  }

  /**
   * Returns the first version that has some of the run's last messages, or the version after the
   * last one if there are none.
   */
  long needs(int messages) {
    return needs(version, run, messages);
  }

  private static long needs(long version, List<Slot> run, int messages) {
    long first = version + 1;
    for (Slot slot : run.subList(run.size() - messages, run.size())) {
      first = Math.min(first, slot.from);
    }
    return first;
  }

  boolean isEmpty() {
    return slots.isEmpty();
  }

  List<Message> messages() {
    List<Message> messages = new ArrayList<>(slots.size());
    slots.forEach(slot -> messages.add(slot.message()));
    return messages;
  }

  /**
   * Returns the version with the call that this turn adds a result of, if an earlier one has it.
   */
  Optional<Long> caller(Turn turn) {
    for (Map<String, Object> message : turn.messages()) {
      if (MessageJson.read(message) instanceof ToolResponseMessage tool) {
        return caller(tool);
      }
    }
    return Optional.empty();
  }

  private Optional<Long> caller(ToolResponseMessage tool) {
    for (int i = slots.size() - 1; i >= 0; i--) {
      List<@Nullable String> calls = slots.get(i).calls;
      if (!calls.isEmpty()
          && tool.getResponses().stream().anyMatch(result -> calls.contains(result.id()))) {
        return Optional.of(slots.get(i).version);
      }
    }
    return Optional.empty();
  }

  /**
   * Puts results of tools next to their calls, where another writer's turn came between. What one
   * turn added stays in its order.
   */
  private static List<Slot> arranged(List<Slot> head, List<Slot> run) {
    List<Slot> slots = new ArrayList<>(head.size() + run.size());
    slots.addAll(head);
    slots.addAll(run);
    if (slots.stream().allMatch(slot -> slot.results.isEmpty())) {
      return slots;
    }
    List<List<Slot>> groups = new ArrayList<>();
    Map<@Nullable String, List<Slot>> calls = new HashMap<>();
    for (Slot slot : slots) {
      List<Slot> callers = callers(slot, calls);
      List<Slot> group = callers.isEmpty() ? new ArrayList<>() : callers;
      group.add(slot);
      if (callers.isEmpty()) {
        groups.add(group);
      }
      slot.calls.forEach(call -> calls.put(call, group));
    }
    slots.clear();
    groups.forEach(slots::addAll);
    return slots;
  }

  /** Returns the group that begins with the call of this result; none if it is no result. */
  private static List<Slot> callers(Slot slot, Map<@Nullable String, List<Slot>> calls) {
    for (String result : slot.results) {
      List<Slot> group = calls.get(result);
      if (group != null && group.get(0).version != slot.version) {
        return group;
      }
    }
    return List.of();
  }
}
