package io.mistersmith.persistence.testkit.memory;

/**
 * What the durable store held at one moment, as a backup would; see {@link
 * InMemoryStores#restoreSql}.
 */
public final class SqlSnapshot {

  private final Tables tables;

  SqlSnapshot(Tables tables) {
    this.tables = tables;
  }

  Tables tables() {
    return tables;
  }
}
