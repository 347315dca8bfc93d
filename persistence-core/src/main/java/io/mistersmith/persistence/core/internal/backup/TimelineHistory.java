package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ancestors of a timeline, as its history file lists them. A promotion or the end of a recovery
 * begins a new timeline, and writes such a file.
 *
 * @param timeline the timeline
 * @param ancestors those before it, the oldest first
 */
record TimelineHistory(int timeline, List<Ancestor> ancestors) {

  private static final Pattern LINE =
      Pattern.compile("\\s*(\\d{1,10})\\s+([0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8})(?:\\s.*)?");

  /** Copies the list. */
  TimelineHistory {
    ancestors = List.copyOf(ancestors);
  }

  /**
   * A timeline before another one.
   *
   * @param timeline its number
   * @param end where the next one left it
   */
  record Ancestor(int timeline, Lsn end) {}

  /** Returns the history of a timeline that has no ancestors, such as the first one. */
  static TimelineHistory root(int timeline) {
    return new TimelineHistory(timeline, List.of());
  }

  /**
   * Reads a history file.
   *
   * @throws NonTransientPersistenceException DATA_CORRUPTION when it is none
   */
  static TimelineHistory parse(int timeline, String content) {
    List<Ancestor> found = new ArrayList<>();
    for (String line : content.lines().toList()) {
      if (!line.isBlank() && !line.strip().startsWith("#")) {
        found.add(ancestor(timeline, line));
      }
    }
    for (int i = 1; i < found.size(); i++) {
      Ancestor later = found.get(i);
      if (later.timeline() <= found.get(i - 1).timeline()
          || later.end().isBefore(found.get(i - 1).end())) {
        throw damaged(timeline, "its timelines are out of order");
      }
    }
    if (found.isEmpty() || found.get(found.size() - 1).timeline() >= timeline) {
      throw damaged(timeline, "it names no timeline before its own");
    }
    return new TimelineHistory(timeline, found);
  }

  private static Ancestor ancestor(int timeline, String line) {
    Matcher parts = LINE.matcher(line);
    if (!parts.matches()) {
      throw damaged(timeline, "it has a line of another form");
    }
    long parent = Long.parseLong(parts.group(1));
    if (parent < 1 || parent > Integer.MAX_VALUE) {
      throw damaged(timeline, "it names the timeline " + parent);
    }
    return new Ancestor((int) parent, Lsn.parse(parts.group(2)));
  }

  private static NonTransientPersistenceException damaged(int timeline, String reason) {
    return new NonTransientPersistenceException(
        DataError.DATA_CORRUPTION,
        "the history file of the timeline "
            + timeline
            + " is damaged: "
            + reason
            + "; take it from the server's pg_wal, or recover to an earlier timeline");
  }

  /** Returns where the next timeline left an ancestor; empty when it is none. */
  Optional<Lsn> endOf(int ancestor) {
    return ancestors.stream()
        .filter(one -> one.timeline() == ancestor)
        .map(Ancestor::end)
        .findFirst();
  }

  /**
   * Whether a base backup of a timeline can be recovered to this one: it must be the timeline
   * itself, or an ancestor that was left when the backup was consistent already.
   */
  boolean continues(int base, Lsn stop) {
    return base == timeline || endOf(base).map(end -> !end.isBefore(stop)).orElse(false);
  }

  /**
   * Returns the timeline whose file has a segment. Where a timeline begins within a segment, its
   * own file repeats what its parent wrote of it.
   */
  int timelineOf(long number, long segmentSize) {
    for (Ancestor ancestor : ancestors) {
      if (number < WalSegment.at(ancestor.timeline(), ancestor.end(), segmentSize).number()) {
        return ancestor.timeline();
      }
    }
    return timeline;
  }
}
