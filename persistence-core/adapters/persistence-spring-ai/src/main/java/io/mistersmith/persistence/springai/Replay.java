package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.springai.Turn.Start;
import io.mistersmith.persistence.springai.Turn.Whole;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Builds a view from the entries of a log. Used by one thread. */
final class Replay {

  private final Map<String, List<Map<String, Object>>> parts = new HashMap<>();
  private final List<Slot> run;
  private List<Slot> head;
  private long version;
  private long replacedAt;
  private long missing = Long.MAX_VALUE;

  /** Begins at a view; {@link View#EMPTY} for the log's first entry. */
  Replay(View view) {
    this.version = view.version();
    this.replacedAt = view.replacedAt();
    this.head = view.head();
    this.run = new ArrayList<>(view.run());
  }

  void add(Entry<Map<String, Object>> entry) {
    version = entry.version();
    Turn turn = Turn.read(entry.value());
    if (entry.isSummary()) {
      // Stands for turns that are removed. An end of all messages may be one of them.
      run.removeIf(slot -> slot.version <= version);
      if (turn.fresh()) {
        head = List.of();
        replacedAt = version;
      }
      return;
    }
    if (turn.part().isPresent()) {
      parts.computeIfAbsent(turn.part().get(), id -> new ArrayList<>()).addAll(turn.messages());
      return;
    }
    if (turn.fresh()) {
      replacedAt = version;
      run.clear();
      head = List.of();
    }
    turn.start().ifPresent(this::startAt);
    if (turn.start().isPresent()) {
      head = slots(turn.head(), version, -turn.head().size());
    }
    run.addAll(slots(messages(turn), turn.whole().map(Whole::from).orElse(version), 0));
  }

  /** Two writers may both have dropped messages: the later start counts. */
  private void startAt(Start start) {
    int dropped = 0;
    while (dropped < run.size() && isBefore(run.get(dropped), start)) {
      dropped++;
    }
    run.subList(0, dropped).clear();
  }

  private static boolean isBefore(Slot slot, Start start) {
    return slot.version < start.version()
        || (slot.version == start.version() && slot.index < start.skipped());
  }

  private List<Map<String, Object>> messages(Turn turn) {
    if (turn.whole().isEmpty()) {
      return turn.messages();
    }
    List<Map<String, Object>> messages = parts.remove(turn.whole().get().id());
    if (messages == null) {
      missing = Math.min(missing, turn.whole().get().from()); // before what was read
      return turn.messages();
    }
    messages.addAll(turn.messages());
    return messages;
  }

  private List<Slot> slots(List<Map<String, Object>> messages, long from, int first) {
    List<Slot> slots = new ArrayList<>(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      slots.add(new Slot(version, from, first + i, messages.get(i)));
    }
    return slots;
  }

  /**
   * Returns the version to read from to have all parts of the turns; {@link Long#MAX_VALUE} when
   * none is missing.
   */
  long missing() {
    return missing;
  }

  View view() {
    return View.of(version, replacedAt, head, run);
  }
}
