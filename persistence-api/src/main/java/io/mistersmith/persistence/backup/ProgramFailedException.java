package io.mistersmith.persistence.backup;

/**
 * A program of PostgreSQL, such as {@code pg_dump}, ended with an error. It is the cause of the
 * {@link io.mistersmith.persistence.error.PersistenceException} that a call fails with.
 */
public final class ProgramFailedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final String program;
  private final int exitCode;
  private final String stderr;

  /**
   * The failure of a program.
   *
   * @param program its name
   * @param exitCode its exit code; 128 and the signal's number where a signal ended it
   * @param stderr the end of what it printed to its standard error, without lines that may quote
   *     values
   */
  public ProgramFailedException(String program, int exitCode, String stderr) {
    super(program + " ended with the exit code " + exitCode + ": " + stderr);
    this.program = program;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }

  /** Returns the name of the program. */
  public String program() {
    return program;
  }

  /** Returns its exit code. */
  public int exitCode() {
    return exitCode;
  }

  /** Returns the end of what it printed to its standard error. */
  public String stderr() {
    return stderr;
  }
}
