package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The shards of a bucket: which ones this process reads, and which ones its watch covers.
 * Thread-safe.
 *
 * <p>A shard is in use for as long after its last read as an entry can be kept, and for at least a
 * minute, so a shard that is no longer covered has no entry that could still be answered. The one
 * that was read last is always in use. When more than {@value #MOST} are in use the whole bucket is
 * covered, until half of that are left: the server takes the longer to make a reader the more
 * filters it has (5 ms for 64, 11 for 128, 18 for 256, 300 for 1,023), and with many shards a
 * runtime hears much of the bucket anyway.
 */
final class Shards {

  static final int MOST = 128;

  private static final long NEVER = Long.MIN_VALUE;
  private static final long SHORTEST_MILLIS = Duration.ofMinutes(1).toMillis();

  private final CoarseClock clock;
  private final long inUseMillis;
  private final AtomicLongArray usedAt = new AtomicLongArray(AgentId.SHARDS);
  private final AtomicReferenceArray<@Nullable Coverage> coverages =
      new AtomicReferenceArray<>(AgentId.SHARDS);
  private volatile boolean covering;
  private long coveredAt;

  /** Tracks the shards of a cache that keeps entries no longer than {@code longest}. */
  Shards(CoarseClock clock, Duration longest) {
    this.clock = clock;
    this.inUseMillis = Math.max(SHORTEST_MILLIS, longest.toMillis());
    for (int shard = 0; shard < AgentId.SHARDS; shard++) {
      usedAt.set(shard, NEVER);
    }
  }

  static BitSet all() {
    BitSet all = new BitSet();
    all.set(0, AgentId.SHARDS);
    return all;
  }

  /** Notes a read of the shard. Returns its coverage, or null while the watch does not cover it. */
  @Nullable Coverage use(int shard) {
    Coverage coverage = coverages.get(shard);
    if (coverage == null) {
      clock.tick(); // the watch, which ticks otherwise, may not run
    }
    usedAt.setRelease(shard, clock.millis());
    return coverage;
  }

  boolean isCovered(int shard) {
    return coverages.get(shard) != null;
  }

  /** Whether the watch covers any shard. */
  boolean isAnyCovered() {
    return covering;
  }

  /** Returns the shards that the watch should cover at first. */
  BitSet wanted() {
    BitSet used = inUse();
    return used.cardinality() > MOST ? all() : used;
  }

  /**
   * Returns the shards that the watch should cover after these; the same ones unless one is
   * missing, or some are no longer in use and the last change was a minute ago.
   */
  BitSet wantedAfter(BitSet covered) {
    BitSet used = inUse();
    BitSet missing = (BitSet) used.clone();
    missing.andNot(covered);
    boolean settled = clock.millis() - coveredAt >= SHORTEST_MILLIS;
    if (covered.cardinality() == AgentId.SHARDS) {
      return settled && used.cardinality() <= MOST / 2 ? used : covered;
    }
    if (missing.isEmpty() && !settled) {
      return covered;
    }
    return used.cardinality() > MOST ? all() : used;
  }

  private BitSet inUse() {
    long now = clock.millis();
    BitSet used = new BitSet(AgentId.SHARDS);
    int latest = 0;
    for (int shard = 0; shard < AgentId.SHARDS; shard++) {
      long at = usedAt.getAcquire(shard);
      if (at != NEVER && now - at <= inUseMillis) {
        used.set(shard);
      }
      latest = at > usedAt.getAcquire(latest) ? shard : latest;
    }
    used.set(latest);
    return used;
  }

  /** From now on these shards are covered and no others; those that were covered stay so. */
  synchronized void cover(BitSet shards) {
    for (int shard = 0; shard < AgentId.SHARDS; shard++) {
      Coverage present = coverages.get(shard);
      if (!shards.get(shard)) {
        end(shard, present);
      } else if (present == null) {
        coverages.set(shard, new Coverage());
      }
    }
    covering = !shards.isEmpty();
    coveredAt = clock.millis();
  }

  /** No shard is covered any more. */
  void endAll() {
    cover(new BitSet());
  }

  /**
   * Begins a new coverage of every covered shard: no entry that was loaded before can be kept or
   * returned.
   */
  synchronized void renew() {
    for (int shard = 0; shard < AgentId.SHARDS; shard++) {
      renew(shard);
    }
  }

  /** {@link #renew()} of one shard, if it is covered. */
  synchronized void renew(int shard) {
    Coverage present = coverages.get(shard);
    if (present != null) {
      coverages.set(shard, new Coverage());
      present.end();
    }
  }

  private void end(int shard, @Nullable Coverage present) {
    if (present != null) {
      coverages.set(shard, null);
      present.end();
    }
  }
}
