package io.mistersmith.persistence.migration.internal.jdbc;

import java.time.Duration;

/**
 * How a runner works.
 *
 * @param lockWait how long to wait for another migrator to finish
 * @param tableLockTimeout how long a statement may queue for a table's lock, with everybody else
 *     behind it, before it gives way
 * @param tableLockAttempts how often a script is tried that had to give way
 * @param statementTimeout how long a statement may run
 * @param environment noted in the history, such as {@code production}; may be empty
 * @param applicationVersion noted in the history; may be empty
 */
public record RunnerSettings(
    Duration lockWait,
    Duration tableLockTimeout,
    int tableLockAttempts,
    Duration statementTimeout,
    String environment,
    String applicationVersion) {

  public static final RunnerSettings DEFAULTS =
      new RunnerSettings(
          Duration.ofMinutes(5), Duration.ofSeconds(3), 20, Duration.ofMinutes(30), "", "");

  public RunnerSettings {
    if (lockWait.isNegative()) {
      throw new IllegalArgumentException(
          "lockWait is " + lockWait + ": use zero, not to wait at all, or more");
    }
    checkTimeout("tableLockTimeout", tableLockTimeout);
    checkTimeout("statementTimeout", statementTimeout);
    if (tableLockAttempts < 1) {
      throw new IllegalArgumentException(
          "tableLockAttempts is " + tableLockAttempts + ": use 1 or more");
    }
    checkLength("environment", environment);
    checkLength("applicationVersion", applicationVersion);
  }

  public RunnerSettings withLockWait(Duration newLockWait) {
    return new RunnerSettings(
        newLockWait,
        tableLockTimeout,
        tableLockAttempts,
        statementTimeout,
        environment,
        applicationVersion);
  }

  public RunnerSettings withTableLocks(Duration timeout, int attempts) {
    return new RunnerSettings(
        lockWait, timeout, attempts, statementTimeout, environment, applicationVersion);
  }

  public RunnerSettings withStatementTimeout(Duration timeout) {
    return new RunnerSettings(
        lockWait, tableLockTimeout, tableLockAttempts, timeout, environment, applicationVersion);
  }

  public RunnerSettings withNote(String newEnvironment, String newApplicationVersion) {
    return new RunnerSettings(
        lockWait,
        tableLockTimeout,
        tableLockAttempts,
        statementTimeout,
        newEnvironment,
        newApplicationVersion);
  }

  private static void checkTimeout(String field, Duration timeout) {
    // Zero would mean to PostgreSQL that there is no limit.
    if (timeout.toMillis() < 1 || timeout.toMillis() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          field + " is " + timeout + ": use 1 millisecond to " + Integer.MAX_VALUE);
    }
  }

  private static void checkLength(String field, String text) {
    if (text.length() > 50) {
      throw new IllegalArgumentException(
          field + " has " + text.length() + " characters: use at most 50");
    }
  }
}
