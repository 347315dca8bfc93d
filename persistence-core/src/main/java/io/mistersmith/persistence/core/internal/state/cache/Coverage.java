package io.mistersmith.persistence.core.internal.state.cache;

/**
 * A time during which the watch delivers every change of one shard's entries. It ends once, and
 * another one may follow. An entry that is loaded while it lasts can be kept and returned until it
 * ends. Thread-safe.
 */
final class Coverage {

  private volatile boolean over;

  boolean isOver() {
    return over;
  }

  void end() {
    over = true;
  }
}
