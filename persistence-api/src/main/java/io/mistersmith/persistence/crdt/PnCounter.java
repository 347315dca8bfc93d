package io.mistersmith.persistence.crdt;

import java.util.List;
import java.util.Map;

/**
 * A counter that goes up and down. Each replica keeps its own two sums; the value is all that was
 * added less all that was taken. No change is ever lost or counted twice.
 */
@SuppressWarnings("exports") // the content of a dot is internal
public final class PnCounter extends Dotted<PnCounter.Tally, PnCounter> {
  private static final PnCounter EMPTY = new PnCounter(DotValues.none(), Seen.NOTHING);

  /** The amounts that one replica has added and subtracted. */
  record Tally(long up, long down) {
    static final Tally ZERO = new Tally(0, 0);

    Tally plus(Tally other) {
      return new Tally(Math.addExact(up, other.up), Math.addExact(down, other.down));
    }
  }

  PnCounter(DotValues<Tally> content, Seen seen) {
    super(content, seen);
  }

  /** Zero. */
  public static PnCounter empty() {
    return EMPTY;
  }

  /**
   * More by {@code amount}, or less where it is negative.
   *
   * @throws ArithmeticException when one of the replica's sums would not fit into a long
   */
  public PnCounter add(String replica, long amount) {
    Tally change = amount >= 0 ? new Tally(amount, 0) : new Tally(0, Math.negateExact(amount));
    return change(
        replica, (dot, tally) -> dot.replica().equals(replica), own(replica).plus(change));
  }

  private Tally own(String replica) {
    return content().dots().entrySet().stream()
        .filter(entry -> entry.getKey().replica().equals(replica))
        .map(Map.Entry::getValue)
        .reduce(Tally.ZERO, Tally::plus);
  }

  /**
   * All that was added less all that was taken.
   *
   * @throws ArithmeticException when either does not fit into a long
   */
  public long value() {
    Tally all = content().values().stream().reduce(Tally.ZERO, Tally::plus);
    return Math.subtractExact(all.up(), all.down());
  }

  @Override
  public CrdtType type() {
    return CrdtType.PN_COUNTER;
  }

  @Override
  PnCounter with(DotValues<Tally> newContent, Seen newSeen) {
    return new PnCounter(newContent, newSeen);
  }

  @Override
  Object valueToJson(Tally tally) {
    return List.of(tally.up(), tally.down());
  }
}
