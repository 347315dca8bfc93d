package io.mistersmith.persistence.core.fault;

import java.util.List;

/** How often a fault is repeated: a few times in each build, many times with {@code -Pfull}. */
final class Repetitions {

  private static final boolean FULL = Boolean.getBoolean("persistence.test.full");

  private Repetitions() {}

  static int of(int full, int few) {
    return FULL ? full : few;
  }

  /** Which of the faults are tried. */
  static <T> List<T> choice(List<T> full, List<T> few) {
    return FULL ? full : few;
  }
}
