package io.mistersmith.persistence.testkit.memory;

/**
 * The content of the durable store at one moment, like a backup; see {@link
 * InMemoryStores#restoreSql}.
 */
public final class SqlSnapshot {

  private final Content content;

  SqlSnapshot(Content content) {
    this.content = content;
  }

  Content content() {
    return content;
  }
}
