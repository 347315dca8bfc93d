package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.MigrationRunner;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that all commands share which work on a database. */
abstract class DatabaseCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  CommandSpec command;

  @Mixin final ConnectionOptions connection = new ConnectionOptions();

  @Mixin final ScriptOptions scripts = new ScriptOptions();

  @Mixin final OutputOptions output = new OutputOptions();

  @Option(
      names = "--lock-wait",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "How long to wait for another migrator (default: ${DEFAULT-VALUE}).")
  private int lockWaitSeconds;

  @Option(
      names = "--lock-timeout",
      paramLabel = "MILLIS",
      defaultValue = "3000",
      description =
          "How long a statement may wait for a table before its script gives way and is tried again"
              + " (default: ${DEFAULT-VALUE}).")
  private int tableLockMillis;

  @Option(
      names = "--statement-timeout",
      paramLabel = "SECONDS",
      defaultValue = "1800",
      description = "How long a statement may run (default: ${DEFAULT-VALUE}).")
  private int statementSeconds;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--environment",
      paramLabel = "NAME",
      description = "What the history notes of where this is, such as production.")
  private Optional<String> environment;

  final MigrationRunner.Builder builder() {
    MigrationRunner.Builder builder =
        MigrationRunner.builder()
            .dataSource(connection.dataSource())
            .lockWait(Duration.ofSeconds(lockWaitSeconds))
            .tableLocks(Duration.ofMillis(tableLockMillis), 20)
            .statementTimeout(Duration.ofSeconds(statementSeconds))
            .note(environment.orElse(""), "");
    return scripts.into(builder);
  }

  final MigrationRunner runner() {
    return builder().build();
  }
}
