package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.model.MigrationException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The program behind {@code java -jar migrations-cli.jar}. Results go to stdout, progress and
 * errors to stderr; the exit code says how it went.
 */
@Command(
    name = "migrations-cli",
    mixinStandardHelpOptions = true,
    versionProvider = MigrationsCli.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    header =
        "Brings a PostgreSQL database to the schema of the agent persistence library, and back.",
    subcommands = {
      InfoCommand.class,
      PlanCommand.class,
      ApplyCommand.class,
      RollbackCommand.class,
      ValidateCommand.class,
      VerifyRollbackCommand.class,
      LintCommand.class,
      RepairCommand.class,
      BaselineCommand.class,
      NewCommand.class,
      SetsCommand.class,
      GenerateCommand.class,
      AdviseCommand.class,
      StorageCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done, or nothing to do",
      "1:failed; the message says why, and what to do",
      "2:the command line is wrong",
      "3:something is to be done: pending versions (plan --check), findings (validate,"
          + " verify-rollback, lint, advise --check)",
      "4:somebody else migrates, or keeps a table locked; try again later",
      "5:the database cannot be reached, or broke off; try again later"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  export PG_HOST=localhost PG_DATABASE=agents PG_USER=owner PG_PASSWORD=...",
      "  java -jar migrations-cli.jar plan",
      "  java -jar migrations-cli.jar apply --set audit",
      "  java -jar migrations-cli.jar rollback --last",
      "",
      "  In a GitHub Actions job, with the password in a secret:",
      "    - run: java -jar migrations-cli.jar lint",
      "    - run: java -jar migrations-cli.jar apply --json",
      "      env:",
      "        PG_HOST: db.example.com",
      "        PG_DATABASE: agents",
      "        PG_USER: owner",
      "        PG_PASSWORD: ${{ secrets.PG_PASSWORD }}"
    })
public final class MigrationsCli {
  private MigrationsCli() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    logToStderr();
    System.exit(run(args));
  }

  /** Before the first logger is made. */
  private static void logToStderr() {
    String prefix = "org.slf4j.simpleLogger.";
    System.setProperty(prefix + "logFile", "System.err");
    System.setProperty(prefix + "showThreadName", "false");
    System.setProperty(prefix + "showShortLogName", "true");
    System.setProperty(prefix + "showDateTime", "true");
    System.setProperty(prefix + "dateTimeFormat", "HH:mm:ss.SSS");
    // Each script as it is applied: the progress of a pipeline's step.
    System.setProperty(
        prefix + "log.io.mistersmith.persistence.migration.internal.run.Apply", "debug");
  }

  private static int run(String... args) {
    return run(new CommandLine(new MigrationsCli()), args);
  }

  /** Runs a command of this process, whose results and errors go to the given writers. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    return run(new CommandLine(new MigrationsCli()).setOut(out).setErr(err), args);
  }

  private static int run(CommandLine commandLine, String... args) {
    boolean json = Arrays.asList(args).contains("--json");
    commandLine.setExecutionExceptionHandler(
        (exception, command, parsed) -> failed(exception, command, json));
    commandLine.setUsageHelpAutoWidth(true);
    return commandLine.execute(args);
  }

  private static int failed(Exception exception, CommandLine command, boolean json)
      throws Exception {
    if (!(exception instanceof MigrationException e)) {
      throw exception;
    }
    PrintWriter err = command.getErr();
    err.println("error: " + e.getMessage());
    err.flush();
    if (json) {
      PrintWriter out = command.getOut();
      out.println(JsonWriter.write(OutputOptions.object("error", object(e))));
      out.flush();
    }
    return ExitCode.of(e);
  }

  static Object object(MigrationException e) {
    return OutputOptions.object(
        "kind", e.kind(),
        "message", String.valueOf(e.getMessage()),
        "sqlState", Optional.ofNullable(e.sqlState()),
        "retryable", e.kind().retryable());
  }

  /** The version in the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = MigrationsCli.class.getPackage().getImplementationVersion();
      return new String[] {"migrations-cli " + (version == null ? "(not packed)" : version)};
    }
  }
}
