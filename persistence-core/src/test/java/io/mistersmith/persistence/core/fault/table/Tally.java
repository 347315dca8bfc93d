package io.mistersmith.persistence.core.fault.table;

import java.time.Duration;

/**
 * What callers were promised in one cell, and what became of it.
 *
 * @param acknowledged the writes that were acknowledged to their callers
 * @param lost those of them that are in PostgreSQL neither themselves nor as a later write to their
 *     key
 * @param backward the rows and positions that were replaced by an older one
 * @param stale the reads that returned less than had been acknowledged before they began
 * @param outage the longest time without an acknowledgement while a server could have given one: it
 *     does not include the time for which the test keeps a server down
 * @param names what the counts are called
 */
public record Tally(
    long acknowledged, long lost, long backward, long stale, Duration outage, Names names) {

  /** What the counts are called, as they are printed. */
  public enum Names {
    /** Of writes. */
    WRITES("acknowledged=%d lost=%d backward=%d stale=%d", "outage_ms"),

    /** Of the change feed, in the same order. */
    CHANGES("committed=%d skipped=%d reordered=%d duplicates=%d", "behind_ms"),

    /** Of writes that a backup has, in the same order. */
    BACKUPS("acknowledged=%d lost=%d mismatched=%d resurrected=%d", "rto_ms"),

    /** Of sagas, in another order, after their sum. */
    SAGAS("sagas=%5$d done=%1$d undone=%3$d listed=%4$d half_done=%2$d", "takeover_ms");

    private final String counts;
    private final String time;

    Names(String counts, String time) {
      this.counts = counts;
      this.time = time;
    }
  }

  /** Of a cell that promises nothing to callers, or that has not begun. */
  public static final Tally NONE = new Tally(0, 0, 0, 0, Duration.ZERO);

  /** Counts writes. */
  public Tally(long acknowledged, long lost, long backward, long stale, Duration outage) {
    this(acknowledged, lost, backward, stale, outage, Names.WRITES);
  }

  /**
   * Counts committed changes, and which of them the stream lacks, has before an earlier one of
   * their key, or has twice.
   *
   * @param behind how long the stream was behind at most once all servers ran
   */
  public static Tally ofChanges(
      long committed, long skipped, long reordered, long duplicates, Duration behind) {
    return new Tally(committed, skipped, reordered, duplicates, behind, Names.CHANGES);
  }

  /**
   * Counts sagas that are wholly done, wholly undone, or listed as stopped with a reason, and those
   * that are none of these, which alone break a promise.
   *
   * @param takeover the longest time until another runner went on with what a dead one had
   */
  public static Tally ofSagas(
      long done, long undone, long listed, long halfDone, Duration takeover) {
    return new Tally(done, halfDone, undone, listed, takeover, Names.SAGAS);
  }

  /**
   * Counts the acknowledged writes up to the position of a backup, and which of their keys the
   * restored stores lack, have with another value, or have although they were deleted.
   *
   * @param rto how long the restore took, until all was in PostgreSQL
   */
  public static Tally ofBackup(
      long acknowledged, long lost, long mismatched, long resurrected, Duration rto) {
    return new Tally(acknowledged, lost, mismatched, resurrected, rto, Names.BACKUPS);
  }

  /** Returns this tally with the promises of others added, and the longer outage of the two. */
  public Tally plus(Tally other) {
    return new Tally(
        acknowledged + other.acknowledged,
        lost + other.lost,
        backward + other.backward,
        stale + other.stale,
        outage.compareTo(other.outage) > 0 ? outage : other.outage,
        names == Names.WRITES ? other.names : names);
  }

  /** Returns this tally with an outage that was measured in another way. */
  public Tally withOutage(Duration measured) {
    return new Tally(acknowledged, lost, backward, stale, measured, names);
  }

  /** Returns whether every promise was kept. */
  public boolean isKept() {
    return lost == 0 && (names == Names.SAGAS || (backward == 0 && stale == 0));
  }

  /** Returns the counts as a row of a table shows them. */
  @Override
  public String toString() {
    return counts(names.time);
  }

  /** Returns the counts of a whole table, of which only the longest time is known. */
  String ofTable() {
    return counts(names.time + "_max");
  }

  private String counts(String nameOfTime) {
    long sum = acknowledged + lost + backward + stale;
    return names.counts.formatted(acknowledged, lost, backward, stale, sum)
        + " %s=%d".formatted(nameOfTime, outage.toMillis());
  }
}
