package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.error.PersistenceException;

/** The exit codes of the process; part of the interface. */
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int FINDINGS = 3;
  static final int REFUSED = 4;
  static final int UNAVAILABLE = 5;

  private ExitCode() {}

  static int of(PersistenceException e) {
    return switch (e.error()) {
      case NOT_FOUND -> USAGE;
      case DATA_CORRUPTION -> FINDINGS;
      case DUPLICATE_KEY, TRANSACTION_CONFLICT -> REFUSED;
      default -> e.isTransient() ? UNAVAILABLE : FAILED;
    };
  }
}
