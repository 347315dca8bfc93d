package io.mistersmith.persistence.migration.internal.sql;

/**
 * A script cannot be read as SQL: something in it never ends, or it needs psql. The message names
 * the file, the line, and what to do.
 */
public final class ScriptSyntaxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String fileName;
  private final int line;
  private final String reason;

  ScriptSyntaxException(String fileName, int line, String reason) {
    super(fileName + ":" + line + ": " + reason);
    this.fileName = fileName;
    this.line = line;
    this.reason = reason;
  }

  /** The script. */
  public String fileName() {
    return fileName;
  }

  /** The line where the trouble begins, counted from 1. */
  public int line() {
    return line;
  }

  /** Returns the problem and the fix, without the file and the line. */
  public String reason() {
    return reason;
  }
}
