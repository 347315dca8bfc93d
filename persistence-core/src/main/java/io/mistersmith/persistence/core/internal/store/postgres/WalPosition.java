package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A position in the write-ahead log. Positions compare within one timeline of one database system
 * only: after a promotion two servers may have different logs at the same LSN.
 *
 * @param system the identifier that a primary shares with its physical standbys
 * @param timeline one more after each promotion
 * @param lsn bytes from the beginning of the log
 */
record WalPosition(long system, int timeline, long lsn) {

  private static final Pattern TEXT =
      Pattern.compile("(?<system>-?\\d{1,19})/(?<timeline>\\d{1,9})/(?<lsn>[0-9a-f]{1,15})");

  /**
   * Returns the position that a text of {@link #position} names.
   *
   * @throws IllegalArgumentException when it names none
   */
  static WalPosition of(Position position) {
    Matcher parts = TEXT.matcher(position.text());
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "position: this is none of PostgreSQL; give the text of TransactionRunner.position()");
    }
    return new WalPosition(
        Long.parseLong(parts.group("system")),
        Integer.parseInt(parts.group("timeline")),
        Long.parseLong(parts.group("lsn"), 16));
  }

  /** Returns its form for other processes. */
  Position position() {
    return new Position(system + "/" + timeline + "/" + Long.toHexString(lsn));
  }

  /** Whether the two compare at all. */
  boolean isOnTimelineOf(WalPosition other) {
    return system == other.system && timeline == other.timeline;
  }

  /** Whether a server at this position has all that one at the other position has. */
  boolean covers(WalPosition other) {
    return isOnTimelineOf(other) && lsn >= other.lsn;
  }
}
