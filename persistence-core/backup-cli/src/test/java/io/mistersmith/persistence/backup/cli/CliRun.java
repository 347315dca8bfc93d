package io.mistersmith.persistence.backup.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * A run of the command line in this process.
 *
 * @param exitCode its exit code
 * @param out what went to stdout
 * @param err what went to stderr
 */
record CliRun(int exitCode, String out, String err) {

  static CliRun of(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = BackupCli.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    return new CliRun(code, out.toString(), err.toString());
  }
}
