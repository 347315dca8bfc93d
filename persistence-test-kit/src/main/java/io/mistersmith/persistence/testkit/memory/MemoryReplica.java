package io.mistersmith.persistence.testkit.memory;

import org.jspecify.annotations.Nullable;

/** A copy of the durable store that follows it, unless a test holds it back. Thread-safe. */
final class MemoryReplica {

  private final MemoryDatabase primary;
  private volatile @Nullable Held held;

  /** A copy with the first so many commits, or more. */
  private record Held(MemoryDatabase copy, long commits) {}

  MemoryReplica(MemoryDatabase primary) {
    this.primary = primary;
  }

  /** Stays as it is now. */
  void pause() {
    long commits = primary.commits();
    MemoryDatabase copy = new MemoryDatabase();
    copy.restore(primary.snapshot());
    held = new Held(copy, commits);
  }

  /** Catches up at once. */
  void resume() {
    held = null;
  }

  /** Returns where to read what has so many commits: here, or at the primary. */
  MemoryDatabase having(long commits) {
    Held now = held;
    return now != null && now.commits() >= commits ? now.copy() : primary;
  }
}
