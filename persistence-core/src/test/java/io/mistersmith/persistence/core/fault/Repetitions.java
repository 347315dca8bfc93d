package io.mistersmith.persistence.core.fault;

/** How often a fault is repeated: a few times in each build, many times with {@code -Pfull}. */
final class Repetitions {

  private static final boolean FULL = Boolean.getBoolean("persistence.test.full");

  private Repetitions() {}

  static int of(int full, int few) {
    return FULL ? full : few;
  }
}
