package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.springai.Turn.Start;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.ai.chat.messages.Message;

/**
 * What turns a view into the messages that a caller wants.
 *
 * @param turn the turn that does; empty when nothing changes
 * @param known how many of the wanted messages come before the new ones
 */
record Change(Optional<Turn> turn, int known) {

  private static final int MOST_COPIED = 16;

  /** Compares what is wanted with what is there, and finds the smallest turn. */
  static Change of(View view, List<Message> wanted) {
    Slot[] slots = view.slots().toArray(Slot[]::new); // long arrays are compared faster than lists
    Message[] messages = wanted.toArray(Message[]::new);
    int same = 0;
    while (same < Math.min(slots.length, messages.length) && slots[same].holds(messages[same])) {
      same++;
    }
    if (same == slots.length) {
      List<Message> added = wanted.subList(same, wanted.size());
      return new Change(
          added.isEmpty() ? Optional.empty() : Optional.of(Turn.added(json(added))), same);
    }
    return keepingEnd(view, wanted);
  }

  /** Keeps the longest end of the view that is wanted, with few messages copied before it. */
  private static Change keepingEnd(View view, List<Message> wanted) {
    List<Slot> slots = view.slots();
    int known = 0;
    int kept = 0;
    for (int end = wanted.size(); end > kept; end--) {
      int same = 0;
      while (same < Math.min(slots.size(), end)
          && slots.get(slots.size() - 1 - same).holds(wanted.get(end - 1 - same))) {
        same++;
      }
      if (same > kept) {
        kept = same;
        known = end;
      }
      if (same > 0 && slots.get(slots.size() - 1).gave(wanted.get(end - 1))) {
        break; // the very message is in one place alone
      }
    }
    int copied = known - kept;
    if (kept == 0 || copied > Math.min(kept, MOST_COPIED) || !isEndOfRun(view, kept)) {
      return new Change(Optional.of(Turn.replacing(json(wanted))), known);
    }
    Slot first = view.run().get(view.run().size() - kept);
    Turn turn =
        Turn.from(
            new Start(view.needs(kept), first.version, first.index),
            json(wanted.subList(0, copied)),
            json(wanted.subList(known, wanted.size())));
    return new Change(Optional.of(turn), known);
  }

  /** Returns whether the last messages that callers see are the last ones of the log. */
  private static boolean isEndOfRun(View view, int kept) {
    List<Slot> run = view.run();
    if (kept > run.size()) {
      return false;
    }
    List<Slot> slots = view.slots();
    for (int i = 1; i <= kept; i++) {
      if (slots.get(slots.size() - i) != run.get(run.size() - i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns what is wanted after other writers have changed the view that {@code wanted} was made
   * of: the messages that are still there, those that came since, and the new ones.
   */
  static List<Message> rebased(View base, View now, List<Message> wanted, int known) {
    List<Message> rebased = new ArrayList<>();
    Set<Slot.Place> dropped = new HashSet<>();
    if (now.replacedAt() > base.version() || findDropped(base, wanted, known, dropped)) {
      for (Slot slot : now.slots()) {
        if (!dropped.contains(slot.place())) {
          rebased.add(slot.message());
        }
      }
    } else {
      rebased.addAll(wanted.subList(0, known));
      now.run().stream()
          .filter(slot -> slot.version > base.version())
          .forEach(slot -> rebased.add(slot.message()));
    }
    rebased.addAll(wanted.subList(known, wanted.size()));
    return rebased;
  }

  /** Finds the messages that are not wanted; returns whether all others are, in their order. */
  private static boolean findDropped(
      View base, List<Message> wanted, int known, Set<Slot.Place> dropped) {
    int next = known - 1;
    for (int i = base.slots().size() - 1; i >= 0; i--) {
      Slot slot = base.slots().get(i);
      if (next >= 0 && slot.holds(wanted.get(next))) {
        next--;
      } else {
        dropped.add(slot.place());
      }
    }
    return next < 0;
  }

  private static List<Map<String, Object>> json(List<Message> messages) {
    List<Map<String, Object>> json = new ArrayList<>(messages.size());
    messages.forEach(message -> json.add(MessageJson.of(message)));
    return json;
  }
}
