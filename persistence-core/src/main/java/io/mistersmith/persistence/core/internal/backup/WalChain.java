package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The segments that a recovery of a base backup reads, from the backup's begin to the end of the
 * archive, over all changes of the timeline. A recovery ends at the first segment that is missing.
 *
 * @param history the timeline that it leads to, and those before it
 * @param segmentSize the size of a segment in bytes
 * @param present the names of the segments up to the first gap
 * @param gaps the segments that are missing although later ones exist, or the base needs them
 * @param consistent whether the WAL up to the base backup's end is there
 */
record WalChain(
    TimelineHistory history,
    long segmentSize,
    List<String> present,
    List<Gap> gaps,
    boolean consistent) {

  /** Copies the lists. */
  WalChain {
    present = List.copyOf(present);
    gaps = List.copyOf(gaps);
  }

  /**
   * Segments that are missing, one after the other.
   *
   * @param first the name of the first
   * @param last the name of the last
   * @param count how many they are
   */
  record Gap(String first, String last, long count) {

    @Override
    public String toString() {
      return count == 1 ? first : first + " to " + last + " (" + count + " segments)";
    }
  }

  /**
   * Walks the chain of a base backup.
   *
   * @param segments the names of all segments in the archive
   * @param histories the timelines that the archive has a history file of
   */
  static WalChain of(
      BasePart base, long segmentSize, List<String> segments, List<TimelineHistory> histories) {
    TimelineHistory history = newest(base, histories);
    NavigableSet<Long> numbers = new TreeSet<>();
    for (String name : segments) {
      WalSegment.parse(name, segmentSize)
          .filter(one -> one.timeline() == history.timelineOf(one.number(), segmentSize))
          .ifPresent(one -> numbers.add(one.number()));
    }
    return walk(base, segmentSize, history, numbers);
  }

  /** Returns the newest timeline that goes on where the base backup was consistent already. */
  private static TimelineHistory newest(BasePart base, List<TimelineHistory> histories) {
    Lsn stop = Lsn.parse(base.stopLsn());
    return histories.stream()
        .filter(history -> history.continues(base.timeline(), stop))
        .max(Comparator.comparingInt(TimelineHistory::timeline))
        .orElse(TimelineHistory.root(base.timeline()));
  }

  private static WalChain walk(
      BasePart base, long size, TimelineHistory history, NavigableSet<Long> numbers) {
    long first = WalSegment.at(base.timeline(), Lsn.parse(base.startLsn()), size).number();
    long needed = WalSegment.before(base.timeline(), Lsn.parse(base.stopLsn()), size).number();
    long last = numbers.isEmpty() ? needed : Math.max(needed, numbers.last());
    List<String> present = new ArrayList<>();
    List<Gap> gaps = new ArrayList<>();
    long next = first;
    while (next <= last) {
      Long found = numbers.ceiling(next);
      long end = found == null ? last + 1 : found;
      if (end > next) {
        gaps.add(gap(history, next, end - 1, size));
      }
      next = end;
      while (next <= last && numbers.contains(next)) {
        if (gaps.isEmpty()) {
          present.add(name(history, next, size));
        }
        next++;
      }
    }
    return new WalChain(history, size, present, gaps, present.size() > needed - first);
  }

  private static Gap gap(TimelineHistory history, long first, long last, long size) {
    return new Gap(name(history, first, size), name(history, last, size), last - first + 1);
  }

  private static String name(TimelineHistory history, long number, long size) {
    return new WalSegment(history.timelineOf(number, size), number).name(size);
  }

  /** Returns the last segment that a recovery reaches; empty text when there is none. */
  String last() {
    return present.isEmpty() ? "" : present.get(present.size() - 1);
  }
}
