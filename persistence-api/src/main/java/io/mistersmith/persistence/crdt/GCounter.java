package io.mistersmith.persistence.crdt;

import java.util.Map;

/**
 * A counter that only grows. Each replica counts for itself; the value is the sum. No increment is
 * ever lost or counted twice.
 */
public final class GCounter extends Dotted<Long, GCounter> {
  private static final GCounter EMPTY = new GCounter(DotValues.none(), Seen.NOTHING);

  GCounter(DotValues<Long> content, Seen seen) {
    super(content, seen);
  }

  /** Zero. */
  public static GCounter empty() {
    return EMPTY;
  }

  /** One more. */
  public GCounter increment(String replica) {
    return increment(replica, 1);
  }

  /**
   * More by {@code amount}, which may be zero.
   *
   * @throws ArithmeticException when the replica's count would not fit into a long
   */
  public GCounter increment(String replica, long amount) {
    if (amount < 0) {
      throw new IllegalArgumentException(
          "amount is " + amount + ": this counter only grows; use a PnCounter");
    }
    return change(
        replica,
        (dot, count) -> dot.replica().equals(replica),
        Math.addExact(own(replica), amount));
  }

  private long own(String replica) {
    return content().dots().entrySet().stream()
        .filter(entry -> entry.getKey().replica().equals(replica))
        .mapToLong(Map.Entry::getValue)
        .reduce(0, Math::addExact);
  }

  /**
   * The sum of all counts.
   *
   * @throws ArithmeticException when it does not fit into a long
   */
  public long value() {
    return content().values().stream().mapToLong(Long::longValue).reduce(0, Math::addExact);
  }

  @Override
  public CrdtType type() {
    return CrdtType.G_COUNTER;
  }

  @Override
  GCounter with(DotValues<Long> newContent, Seen newSeen) {
    return new GCounter(newContent, newSeen);
  }

  @Override
  Object valueToJson(Long count) {
    return count;
  }
}
