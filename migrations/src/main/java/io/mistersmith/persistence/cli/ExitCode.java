package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.model.MigrationException;

/** The exit codes of the process; part of the interface. */
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int ACTION_NEEDED = 3;
  static final int LOCKED = 4;
  static final int UNAVAILABLE = 5;

  private ExitCode() {}

  static int of(MigrationException e) {
    return switch (e.kind()) {
      case LOCKED -> LOCKED;
      case DATABASE_UNAVAILABLE -> UNAVAILABLE;
      case UNKNOWN_SET, MISSING_SET, UNKNOWN_VERSION -> USAGE;
      default -> FAILED;
    };
  }
}
