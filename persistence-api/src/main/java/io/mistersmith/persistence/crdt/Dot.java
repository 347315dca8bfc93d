package io.mistersmith.persistence.crdt;

import java.util.Comparator;

/** The name of one change: the replica that made it, and which of its changes it was. */
record Dot(String replica, long counter) implements Comparable<Dot> {
  private static final Comparator<Dot> ORDER =
      Comparator.comparing(Dot::replica).thenComparingLong(Dot::counter);

  @Override
  public int compareTo(Dot other) {
    return ORDER.compare(this, other);
  }
}
