package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The time of a write on a hybrid logical clock: close to wall time, and never earlier than
 * anything that its writer had seen (Kulkarni, Demirbas, Madappa, Avva, Leone: Logical Physical
 * Clocks, 2014). Two writers never make the same timestamp, so the order is total: time first, then
 * the counter, then the node's name.
 *
 * @param millis the largest wall time that was seen, in milliseconds since 1970
 * @param counter tells apart what happened within {@code millis}
 * @param node the node that wrote, at most {@value #MAX_NODE_LENGTH} characters of printable ASCII
 *     without spaces
 */
public record HybridTimestamp(long millis, int counter, String node)
    implements Comparable<HybridTimestamp> {

  /** The longest name of a node. */
  public static final int MAX_NODE_LENGTH = 128;

  private static final Comparator<HybridTimestamp> ORDER =
      Comparator.comparingLong(HybridTimestamp::millis)
          .thenComparingInt(HybridTimestamp::counter)
          .thenComparing(HybridTimestamp::node);

  private static final Pattern FORM = Pattern.compile("(\\d{1,19})-(\\d{1,10})-(.+)");

  /** Checks all three. */
  public HybridTimestamp {
    if (millis < 0 || counter < 0) {
      throw illegal("hybrid timestamp " + millis + "-" + counter + ": neither may be negative");
    }
    checkNode(node);
  }

  static void checkNode(String node) {
    boolean printable = node.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (node.isEmpty() || node.length() > MAX_NODE_LENGTH || !printable) {
      throw illegal(
          "a node's name has 1 to "
              + MAX_NODE_LENGTH
              + " characters of printable ASCII without spaces; give this one another");
    }
  }

  /** Reads what {@link #toString()} wrote. */
  public static HybridTimestamp parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw illegal("a hybrid timestamp reads MILLIS-COUNTER-NODE");
    }
    try {
      return new HybridTimestamp(
          Long.parseLong(matcher.group(1)), Integer.parseInt(matcher.group(2)), matcher.group(3));
    } catch (NumberFormatException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, "a hybrid timestamp reads MILLIS-COUNTER-NODE", e);
    }
  }

  private static NonTransientPersistenceException illegal(String message) {
    return new NonTransientPersistenceException(DataError.SERIALIZATION_ERROR, message);
  }

  /** Whether this one is later than {@code other}. */
  public boolean isAfter(HybridTimestamp other) {
    return compareTo(other) > 0;
  }

  @Override
  public int compareTo(HybridTimestamp other) {
    return ORDER.compare(this, other);
  }

  /** {@code MILLIS-COUNTER-NODE}. */
  @Override
  public String toString() {
    return millis + "-" + counter + "-" + node;
  }
}
