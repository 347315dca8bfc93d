package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.springai.Turn.Whole;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The log of one conversation. Thread-safe. */
final class ChatLog {

  /** How many of the last turns are read first. */
  private static final int TAIL = 32;

  private static final int PAGE = 512;

  /** How many turns that are not needed any more are removed together. */
  private static final int REMOVED_TOGETHER = 64;

  private final Log<Map<String, Object>> log;

  ChatLog(Log<Map<String, Object>> log) {
    this.log = log;
  }

  /** Returns the conversation as it is now. */
  View load() {
    List<Entry<Map<String, Object>>> tail = log.tail(TAIL);
    if (tail.isEmpty()) {
      return View.EMPTY;
    }
    long first = tail.size() < TAIL ? tail.get(0).version() : firstNeeded(tail);
    Replay replay = replay(tail, first);
    if (replay.missing() < first) {
      replay = replay(tail, replay.missing());
    }
    return replay.view();
  }

  /** Returns the version from which on all turns must be read, as far as the last ones show. */
  private static long firstNeeded(List<Entry<Map<String, Object>>> tail) {
    long first = Long.MAX_VALUE;
    for (int i = tail.size() - 1; i >= 0; i--) {
      Entry<Map<String, Object>> entry = tail.get(i);
      Turn turn = Turn.read(entry.value());
      first = Math.min(first, turn.needs(entry.version()));
      if (turn.beginsView() || entry.isSummary()) {
        return first;
      }
    }
    return 1;
  }

  private Replay replay(List<Entry<Map<String, Object>>> tail, long first) {
    if (first < tail.get(0).version()) {
      return readOn(View.EMPTY, first, PAGE);
    }
    Replay replay = new Replay(View.EMPTY);
    tail.stream().filter(entry -> entry.version() >= first).forEach(replay::add);
    return replay;
  }

  private Replay readOn(View view, long first, int firstPage) {
    Replay replay = new Replay(view);
    long next = first;
    int limit = firstPage;
    List<Entry<Map<String, Object>>> page;
    boolean full;
    do {
      page = log.read(next, limit);
      page.forEach(replay::add);
      full = page.size() == limit;
      next = page.isEmpty() ? next : page.get(page.size() - 1).version() + 1;
      limit = PAGE;
    } while (full);
    return replay;
  }

  /** Returns the conversation as it is now, given an earlier view of it. */
  View refresh(View view) {
    if (view.version() == 0) {
      return load();
    }
    Replay replay = readOn(view, view.version() + 1, 1); // usually there is nothing new
    return replay.missing() == Long.MAX_VALUE ? replay.view() : load();
  }

  /** Returns a later view than this one, which proved not to be the latest. */
  View later(View view) {
    View later = refresh(view);
    return later.version() > view.version()
        ? later
        : View.of(log.version(), later.replacedAt(), later.head(), later.run());
  }

  /**
   * Appends a turn to a conversation that is as the view has it, and returns the view then.
   *
   * @throws TransientPersistenceException with {@code VERSION_CONFLICT} when it is not
   */
  View append(View view, Turn turn) {
    List<List<Map<String, Object>>> parts = Pieces.of(turn.messages());
    View now = parts.size() == 1 && turn.addsOnly() ? add(view, turn) : replay(view, turn, parts);
    tidy(view, now);
    return now;
  }

  private View add(View view, Turn turn) {
    long version = log.append(turn.json(), keptWithCall(Append.at(view.version()), view, turn));
    List<Slot> added = new ArrayList<>();
    for (Map<String, Object> message : turn.messages()) {
      added.add(new Slot(version, version, added.size(), message));
    }
    return view.and(version, added);
  }

  private static Append keptWithCall(Append options, View view, Turn turn) {
    return view.caller(turn).map(options::keptWith).orElse(options);
  }

  private View replay(View view, Turn turn, List<List<Map<String, Object>>> parts) {
    Replay replay = new Replay(view);
    Turn last = turn;
    long version = view.version();
    if (parts.size() > 1) {
      String id = UUID.randomUUID().toString();
      Whole whole = new Whole(version + 1, id);
      for (List<Map<String, Object>> part : parts.subList(0, parts.size() - 1)) {
        version = append(replay, Turn.partOf(id, part), Append.at(version));
      }
      last = turn.after(whole, parts.get(parts.size() - 1));
    }
    long unused = append(replay, last, keptWithCall(Append.at(version), view, turn));
    return replay.view();
  }

  private long append(Replay replay, Turn turn, Append options) {
    Map<String, Object> json = turn.json();
    long version = log.append(json, options);
    replay.add(new Entry<>(version, json, Instant.EPOCH, Optional.empty(), false));
    return version;
  }

  /** Removes the turns that no view needs any more, now and then. */
  private void tidy(View before, View now) {
    long needed = now.needed();
    if (before.needed() / REMOVED_TOGETHER < needed / REMOVED_TOGETHER) {
      try {
        removeUpTo(needed - 1);
      } catch (PersistenceException e) {
        // The turn is appended, and the conversation the same with the old turns or without.
        System.getLogger(ChatLog.class.getName())
            .log(System.Logger.Level.DEBUG, "old turns stay for now: {0}", e.getMessage());
      }
    }
  }

  private void removeUpTo(long version) {
    try {
      long unused = log.compact(version, Turn.NOTHING.json(), 0);
    } catch (TransientPersistenceException e) {
      if (e.error() != DataError.VERSION_CONFLICT) {
        throw e;
      }
      // Another process has removed them.
    }
  }

  /** Removes all messages. What other writers append from now on stays. */
  void clear() {
    long version = log.append(Turn.CLEARED.json());
    removeUpTo(version);
  }

  void keep(Log.Limits limits) {
    log.keep(limits);
  }

  /** Messages in pieces that fit into entries. */
  private static final class Pieces {

    /** An eighth of the usual limit of a message: text may grow when it is encoded. */
    private static final int MOST_CHARACTERS = 128 * 1024;

    static List<List<Map<String, Object>>> of(List<Map<String, Object>> messages) {
      List<List<Map<String, Object>>> pieces = new ArrayList<>();
      List<Map<String, Object>> piece = new ArrayList<>();
      int characters = 0;
      for (Map<String, Object> message : messages) {
        int more = characters(message);
        if (!piece.isEmpty() && characters + more > MOST_CHARACTERS) {
          pieces.add(piece);
          piece = new ArrayList<>();
          characters = 0;
        }
        piece.add(message);
        characters += more;
      }
      pieces.add(piece);
      return pieces;
    }

    private static int characters(Object json) {
      int characters = 16;
      if (json instanceof String text) {
        return characters + text.length();
      }
      if (json instanceof Map<?, ?> map) {
        for (Object value : map.values()) {
          characters += 16 + (value == null ? 0 : characters(value));
        }
      }
      if (json instanceof List<?> list) {
        for (Object value : list) {
          characters += value == null ? 4 : characters(value);
        }
      }
      return characters;
    }
  }
}
