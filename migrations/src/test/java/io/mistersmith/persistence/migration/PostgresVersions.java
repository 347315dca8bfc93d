package io.mistersmith.persistence.migration;

import java.util.stream.IntStream;

/** The versions of PostgreSQL that a test class runs on; the profile {@code full} adds versions. */
final class PostgresVersions {

  private static final boolean FULL = Boolean.getBoolean("persistence.test.full");

  private PostgresVersions() {}

  /** Whether this is the profile {@code full}, with all counts. */
  static boolean full() {
    return FULL;
  }

  /** The oldest and the newest one, for what may differ between versions. */
  static IntStream ends() {
    return FULL ? IntStream.rangeClosed(15, 18) : IntStream.of(15, 18);
  }

  /** The newest one, for what is the same on any version. */
  static IntStream newest() {
    return FULL ? IntStream.of(15, 18) : IntStream.of(18);
  }
}
