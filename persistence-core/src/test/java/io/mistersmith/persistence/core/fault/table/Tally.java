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
 */
public record Tally(long acknowledged, long lost, long backward, long stale, Duration outage) {

  /** Of a cell that promises nothing to callers, or that has not begun. */
  public static final Tally NONE = new Tally(0, 0, 0, 0, Duration.ZERO);

  /** Returns this tally with the promises of others added, and the longer outage of the two. */
  public Tally plus(Tally other) {
    return new Tally(
        acknowledged + other.acknowledged,
        lost + other.lost,
        backward + other.backward,
        stale + other.stale,
        outage.compareTo(other.outage) > 0 ? outage : other.outage);
  }

  /** Returns this tally with an outage that was measured in another way. */
  public Tally withOutage(Duration measured) {
    return new Tally(acknowledged, lost, backward, stale, measured);
  }

  /** Returns whether every promise was kept. */
  public boolean isKept() {
    return lost == 0 && backward == 0 && stale == 0;
  }

  /** Returns the counts as a row of a table shows them. */
  @Override
  public String toString() {
    return counts("outage_ms");
  }

  /** Returns the counts of a whole table, of which only the longest outage is known. */
  String ofTable() {
    return counts("outage_ms_max");
  }

  private String counts(String nameOfOutage) {
    return "acknowledged=%d lost=%d backward=%d stale=%d %s=%d"
        .formatted(acknowledged, lost, backward, stale, nameOfOutage, outage.toMillis());
  }
}
