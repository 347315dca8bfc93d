package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which writes of which nodes a version has seen: for each node, how many (Mattern 1988, Fidge
 * 1988). Immutable and thread-safe.
 *
 * <h2>Pruning</h2>
 *
 * A clock grows by every node that ever wrote, and is therefore pruned: {@link #pruned} drops the
 * entries that were ticked longest ago. Dropped entries must not make a version look older than it
 * is, or the other one would replace it and lose it (as the pruning of Dynamo and Riak can). A
 * pruned clock therefore keeps a digest of what was dropped. Two clocks with the same digest have
 * dropped the same, and compare by what is left. With different digests nothing is known of what
 * was dropped, so they are {@link Causality#CONCURRENT} unless they are equal: at worst two
 * versions are merged that need not have been. A node that was dropped and writes again must do so
 * under a new name; the library's own nodes have a new name in every process.
 */
public final class VectorClock {

  /**
   * What is known of one node.
   *
   * @param count how many of its writes were seen, at least 1
   * @param lastTick wall time of the last of them in milliseconds, which only pruning looks at
   */
  public record Tick(long count, long lastTick) {

    /** Checks the count. */
    public Tick {
      if (count < 1) {
        throw new NonTransientPersistenceException(
            DataError.SERIALIZATION_ERROR, "a vector clock counts from 1, not " + count);
      }
    }
  }

  private static final VectorClock EMPTY = new VectorClock(new TreeMap<>(), "");

  private final SortedMap<String, Tick> ticks;
  private final String dropped;

  private VectorClock(SortedMap<String, Tick> ticks, String dropped) {
    this.ticks = ticks;
    this.dropped = dropped;
  }

  /** The clock that has seen nothing. */
  public static VectorClock empty() {
    return EMPTY;
  }

  /**
   * A clock from its parts, as a store keeps them.
   *
   * @param ticks by node
   * @param dropped the {@link #dropped() digest} of what was pruned; empty when nothing was
   */
  public static VectorClock of(Map<String, Tick> ticks, String dropped) {
    ticks.keySet().forEach(HybridTimestamp::checkNode);
    return new VectorClock(new TreeMap<>(ticks), dropped);
  }

  /** How many writes of the node this clock has seen. */
  public long count(String node) {
    Tick tick = ticks.get(node);
    return tick == null ? 0 : tick.count();
  }

  /** All entries, by node. */
  public Map<String, Tick> ticks() {
    return Collections.unmodifiableMap(ticks);
  }

  /** A digest of the entries that were pruned, or nothing. */
  public String dropped() {
    return dropped;
  }

  /** This clock with one more write of the node. */
  public VectorClock tick(String node, long millis) {
    HybridTimestamp.checkNode(node);
    SortedMap<String, Tick> more = new TreeMap<>(ticks);
    more.merge(
        node,
        new Tick(1, millis),
        (old, one) -> new Tick(Math.addExact(old.count(), 1), Math.max(old.lastTick(), millis)));
    return new VectorClock(more, dropped);
  }

  /** A clock that has seen all that either has. */
  public VectorClock merge(VectorClock other) {
    SortedMap<String, Tick> all = new TreeMap<>(ticks);
    other.ticks.forEach((node, tick) -> all.merge(node, tick, VectorClock::later));
    return new VectorClock(all, DroppedTicks.join(dropped, other.dropped));
  }

  private static Tick later(Tick one, Tick other) {
    return new Tick(
        Math.max(one.count(), other.count()), Math.max(one.lastTick(), other.lastTick()));
  }

  /** How this clock stands to the other one. */
  public Causality compare(VectorClock other) {
    Set<String> nodes = new HashSet<>(ticks.keySet());
    nodes.addAll(other.ticks.keySet());
    boolean more = false;
    boolean less = false;
    for (String node : nodes) {
      int byNode = Long.compare(count(node), other.count(node));
      more |= byNode > 0;
      less |= byNode < 0;
    }
    if (!dropped.equals(other.dropped) || (more && less)) {
      return Causality.CONCURRENT;
    }
    if (more == less) {
      return Causality.EQUAL;
    }
    return more ? Causality.AFTER : Causality.BEFORE;
  }

  /**
   * This clock with at most {@code limit} entries: those that were ticked last, and of two ticked
   * at the same time the one whose name comes first.
   */
  public VectorClock pruned(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + "; a clock keeps at least 1 entry");
    }
    if (ticks.size() <= limit) {
      return this;
    }
    Comparator<Map.Entry<String, Tick>> latestFirst =
        Comparator.comparingLong(entry -> -entry.getValue().lastTick());
    SortedMap<String, Tick> kept =
        ticks.entrySet().stream()
            .sorted(latestFirst.thenComparing(Map.Entry.comparingByKey()))
            .limit(limit)
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, TreeMap::new));
    SortedMap<String, Tick> gone = new TreeMap<>(ticks);
    gone.keySet().removeAll(kept.keySet());
    return new VectorClock(kept, DroppedTicks.add(dropped, gone));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VectorClock that
        && ticks.equals(that.ticks)
        && dropped.equals(that.dropped);
  }

  @Override
  public int hashCode() {
    return Objects.hash(ticks, dropped);
  }

  /** Readable, for logs: {@code {a=3, b=1}}. */
  @Override
  public String toString() {
    String counts =
        ticks.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue().count())
            .collect(Collectors.joining(", ", "{", "}"));
    return dropped.isEmpty() ? counts : counts + " pruned " + dropped;
  }
}
