package io.mistersmith.persistence.testkit.memory;

import java.util.function.Function;

/** The durable store: one transaction at a time. */
final class MemoryDatabase {

  private Tables tables = new Tables();

  /**
   * Runs {@code work} as the only one on the tables, which it must not use afterwards. There is no
   * undo: it must throw before it has changed anything, if it throws.
   */
  synchronized <T> T transact(Function<Tables, T> work) {
    return work.apply(tables);
  }

  synchronized SqlSnapshot snapshot() {
    return new SqlSnapshot(tables.copy());
  }

  synchronized void restore(SqlSnapshot snapshot) {
    tables = snapshot.tables().copy();
  }
}
