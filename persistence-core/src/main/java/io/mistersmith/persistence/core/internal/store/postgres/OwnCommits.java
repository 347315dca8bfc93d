package io.mistersmith.persistence.core.internal.store.postgres;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Knows a position of the primary's log that has all commits of this runtime's callers. A commit
 * costs an addition; the primary is asked for its position only by the first read from a replica
 * after a commit, or by the probe. Thread-safe.
 */
final class OwnCommits {

  private final AtomicLong commits = new AtomicLong();
  private volatile @Nullable Known known;

  /** A position that has as many commits. */
  private record Known(long commits, WalPosition position) {}

  /** Something was committed, or may have been. */
  void committed() {
    commits.incrementAndGet();
  }

  /** Returns how many there were; to be read before the primary is asked for its position. */
  long count() {
    return commits.get();
  }

  /**
   * Returns a position that has all of them; empty where there is none to be seen.
   *
   * @param primary asks the primary for its position
   */
  Optional<WalPosition> position(Supplier<WalPosition> primary) {
    long count = commits.get();
    Known latest = known;
    if (latest != null && latest.commits() >= count) {
      return Optional.of(latest.position());
    }
    return count == 0 ? Optional.empty() : Optional.of(learn(count, primary.get()));
  }

  /**
   * Takes note of a position that the primary had after as many commits. One of another timeline
   * replaces what was known: the primary was asked later, and has what is left of it.
   */
  synchronized WalPosition learn(long count, WalPosition position) {
    Known latest = known;
    if (latest == null || !latest.position().isOnTimelineOf(position)) {
      known = new Known(latest == null ? count : Math.max(count, latest.commits()), position);
    } else if (count > latest.commits()) {
      known = new Known(count, position.covers(latest.position()) ? position : latest.position());
    }
    return position;
  }

  /** {@link #learn}, where that position says anything new. */
  void sample(long count, WalPosition position) {
    Known latest = known;
    boolean open = latest == null ? count > 0 : count > latest.commits();
    if (open || (latest != null && !latest.position().isOnTimelineOf(position))) {
      WalPosition unused = learn(count, position);
    }
  }

  /**
   * Counts what the position has as this runtime's own. One that does not compare with what is
   * known may be before or after it: then the primary is asked for a position that has both.
   */
  synchronized void observe(WalPosition position) {
    Known latest = known;
    if (latest == null) {
      known = new Known(0, position);
    } else if (position.covers(latest.position())) {
      known = new Known(latest.commits(), position);
    } else if (!latest.position().isOnTimelineOf(position)) {
      committed();
    }
  }
}
