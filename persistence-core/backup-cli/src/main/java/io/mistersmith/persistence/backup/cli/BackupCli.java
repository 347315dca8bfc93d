package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.error.PersistenceException;
import java.io.PrintWriter;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The program behind {@code java -jar backup-cli.jar}. Results go to stdout, progress and errors to
 * stderr; the exit code says how it went.
 */
@Command(
    name = "backup-cli",
    mixinStandardHelpOptions = true,
    versionProvider = BackupCli.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    header = "Saves PostgreSQL and NATS while runtimes write, and restores them together.",
    subcommands = {
      CreateCommand.class,
      ListCommand.class,
      VerifyCommand.class,
      RestoreCommand.class,
      PitrPlanCommand.class,
      ReadinessCommand.class,
      DrillCommand.class,
      PruneCommand.class,
      ArchiveWalCommand.class,
      RestoreWalCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed; the message says why, and what to do",
      "2:the command line or a setting is wrong, or there is no such backup",
      "3:something was found: damage (verify), a failed check (readiness), a difference (drill),"
          + " something missing (pitr-plan, restore --plan), an old backup (list --max-age)",
      "4:refused, and nothing was changed: a store that is to be restored is not empty, or another"
          + " backup runs",
      "5:a store, the target or the keys cannot be reached; try again later"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  export PG_HOST=localhost PG_DATABASE=agents PG_USER=backup PG_PASSWORD=...",
      "  export NATS_SERVERS=nats://localhost:4222 BACKUP_TARGET=/var/backups/agents",
      "  java -jar backup-cli.jar backup cross-system",
      "  java -jar backup-cli.jar verify",
      "  java -jar backup-cli.jar restore --into new-servers.properties",
      "",
      "  Each night, in a crontab:",
      "    15 2 * * * java -jar backup-cli.jar backup --json --properties backup.properties &&"
          + " java -jar backup-cli.jar prune --properties backup.properties"
    })
public final class BackupCli {
  private BackupCli() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    logToStderr();
    System.exit(run(args));
  }

  /** Before the first logger is made. */
  private static void logToStderr() {
    String prefix = "org.slf4j.simpleLogger.";
    System.setProperty(prefix + "logFile", "System.err");
    System.setProperty(prefix + "defaultLogLevel", "warn");
    System.setProperty(prefix + "showThreadName", "false");
    System.setProperty(prefix + "showShortLogName", "true");
    System.setProperty(prefix + "showDateTime", "true");
    System.setProperty(prefix + "dateTimeFormat", "HH:mm:ss.SSS");
  }

  private static int run(String... args) {
    return run(new CommandLine(new BackupCli()), args);
  }

  /** Runs a command in this process, whose results and errors go to the given writers. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    return run(new CommandLine(new BackupCli()).setOut(out).setErr(err), args);
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
    boolean wrongArgument = exception instanceof IllegalArgumentException;
    if (!wrongArgument && !(exception instanceof PersistenceException)) {
      throw exception;
    }
    PrintWriter err = command.getErr();
    err.println("error: " + exception.getMessage());
    err.flush();
    if (!(exception instanceof PersistenceException e)) {
      return ExitCode.USAGE;
    }
    if (json) {
      PrintWriter out = command.getOut();
      out.println(OutputOptions.json(OutputOptions.object("error", object(e))));
      out.flush();
    }
    return ExitCode.of(e);
  }

  private static Object object(PersistenceException e) {
    return OutputOptions.object(
        "kind", e.error().name(),
        "message", String.valueOf(e.getMessage()),
        "retryable", e.isTransient());
  }

  /** The version in the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = BackupCli.class.getPackage().getImplementationVersion();
      return new String[] {"backup-cli " + (version == null ? "(not packed)" : version)};
    }
  }
}
