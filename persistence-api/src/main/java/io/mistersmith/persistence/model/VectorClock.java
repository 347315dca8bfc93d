package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The writes that a version has seen: for each node the latest (Mattern 1988, Fidge 1988). A write
 * is named by its {@link HybridTimestamp}, which grows from write to write of a node as a count
 * would, and which a node cannot use twice even when it has forgotten its last one. Immutable and
 * thread-safe.
 *
 * <h2>Pruning</h2>
 *
 * A clock grows by every node that ever wrote, and is therefore pruned: {@link #pruned} drops the
 * nodes that wrote longest ago. Dropped entries must not make a version look older than it is, or
 * the other one would replace it and lose it (as the pruning of Dynamo and Riak can). A pruned
 * clock therefore keeps a digest of what was dropped. Two clocks with the same digest have dropped
 * the same, and compare by what is left. With different digests nothing is known of what was
 * dropped, so they are {@link Causality#CONCURRENT}: at worst two versions are merged that need not
 * have been. A node that was dropped and writes again must do so under a new name; the library's
 * own nodes have a new name in every process.
 */
public final class VectorClock {

  private static final String PRUNED = "pruned:";
  private static final VectorClock EMPTY = new VectorClock(new TreeMap<>(), "");

  private final SortedMap<String, HybridTimestamp> latest;
  private final String dropped;

  private VectorClock(SortedMap<String, HybridTimestamp> latest, String dropped) {
    this.latest = latest;
    this.dropped = dropped;
  }

  /** The clock that has seen nothing. */
  public static VectorClock empty() {
    return EMPTY;
  }

  /**
   * Reads what {@link #toString()} wrote.
   *
   * @throws NonTransientPersistenceException with {@code SERIALIZATION_ERROR} when it is no clock
   */
  public static VectorClock parse(String text) {
    VectorClock clock = EMPTY;
    String dropped = "";
    for (String part : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
      if (part.startsWith(PRUNED)) {
        dropped = part.substring(PRUNED.length());
      } else {
        clock = clock.tick(HybridTimestamp.parse(part));
      }
    }
    return new VectorClock(clock.latest, dropped);
  }

  /** The latest write of the node that was seen. */
  public Optional<HybridTimestamp> latest(String node) {
    return Optional.ofNullable(latest.get(node));
  }

  /** The latest write of each node, by the nodes' names. */
  public Collection<HybridTimestamp> ticks() {
    return List.copyOf(latest.values());
  }

  /** This clock after one more write of the write's node. */
  public VectorClock tick(HybridTimestamp write) {
    HybridTimestamp last = latest.get(write.node());
    if (last != null && !write.isAfter(last)) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          "node " + write.node() + " wrote at " + last + " already; " + write + " is no later");
    }
    SortedMap<String, HybridTimestamp> more = new TreeMap<>(latest);
    more.put(write.node(), write);
    return new VectorClock(more, dropped);
  }

  /** A clock that has seen all that either has. */
  public VectorClock merge(VectorClock other) {
    SortedMap<String, HybridTimestamp> all = new TreeMap<>(latest);
    other.latest.forEach((node, write) -> all.merge(node, write, (a, b) -> a.isAfter(b) ? a : b));
    return new VectorClock(all, DroppedTicks.join(dropped, other.dropped));
  }

  /** How this clock relates to the other one. */
  public Causality compare(VectorClock other) {
    Set<String> nodes = new HashSet<>(latest.keySet());
    nodes.addAll(other.latest.keySet());
    boolean more = false;
    boolean less = false;
    for (String node : nodes) {
      more |= hasSeenMore(other, node);
      less |= other.hasSeenMore(this, node);
    }
    if (!dropped.equals(other.dropped) || (more && less)) {
      return Causality.CONCURRENT;
    }
    if (more == less) {
      return Causality.EQUAL;
    }
    return more ? Causality.AFTER : Causality.BEFORE;
  }

  private boolean hasSeenMore(VectorClock other, String node) {
    HybridTimestamp mine = latest.get(node);
    HybridTimestamp theirs = other.latest.get(node);
    return mine != null && (theirs == null || mine.isAfter(theirs));
  }

  /** This clock with at most {@code limit} nodes: those that wrote last. */
  public VectorClock pruned(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + "; a clock keeps at least 1 node");
    }
    if (latest.size() <= limit) {
      return this;
    }
    List<HybridTimestamp> byTime =
        latest.values().stream().sorted(Comparator.reverseOrder()).toList();
    SortedMap<String, HybridTimestamp> kept = new TreeMap<>();
    byTime.subList(0, limit).forEach(write -> kept.put(write.node(), write));
    return new VectorClock(kept, DroppedTicks.add(dropped, byTime.subList(limit, byTime.size())));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VectorClock that
        && latest.equals(that.latest)
        && dropped.equals(that.dropped);
  }

  @Override
  public int hashCode() {
    return latest.hashCode();
  }

  /** The latest writes of all nodes, separated by spaces, and the digest of what was pruned. */
  @Override
  public String toString() {
    String writes =
        latest.values().stream().map(HybridTimestamp::toString).collect(Collectors.joining(" "));
    return dropped.isEmpty() ? writes : (writes + " " + PRUNED + dropped).strip();
  }

  /** How one {@link VectorClock} relates to another. */
  public enum Causality {
    /** Both have seen the same. */
    EQUAL,
    /** The other has seen all that this one has, and more. */
    BEFORE,
    /** This one has seen all that the other has, and more. */
    AFTER,
    /** Each has seen something that the other has not, or it can no longer be told. */
    CONCURRENT
  }
}
