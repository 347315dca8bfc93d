package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "pitr-plan",
    description = {
      "Prints how to recover PostgreSQL to a point in time: the base backup, the steps, and the"
          + " settings of the recovery. Changes nothing. Exits with 3 when something is missing."
    })
final class PitrPlanCommand extends BackupsCommand {
  @Mixin private final RecoveryTargetOptions recovery = new RecoveryTargetOptions();

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Parameters(
      arity = "0..1",
      paramLabel = "ID",
      description =
          "The backup; when none is named, the newest that has a base backup and ended before the"
              + " time of the target.")
  private Optional<String> id;

  @Option(
      names = "--data-directory",
      paramLabel = "DIR",
      defaultValue = "/var/lib/postgresql/restored",
      description = "The data directory to recover into (default: ${DEFAULT-VALUE}).")
  private Path dataDirectory = Path.of("/var/lib/postgresql/restored");

  @Override
  int run(Backups backups) {
    RecoveryTarget target = recovery.target();
    RestoreOptions options = RestoreOptions.defaults().dataDirectory(dataDirectory).target(target);
    return RestoreCommand.print(
        output, backups.plan(id.orElseGet(() -> base(backups, target)), options));
  }

  private static String base(Backups backups, RecoveryTarget target) {
    return backups.list().stream()
        .flatMap(entry -> entry.manifest().stream())
        .filter(made -> reaches(made, target))
        .map(BackupManifest::id)
        .findFirst()
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.NOT_FOUND,
                    "the target has no base backup from before the point to recover to; make one"
                        + " with backup weekly, and recover from a dump until then"));
  }

  private static boolean reaches(BackupManifest made, RecoveryTarget target) {
    return made.postgres()
        .base()
        .filter(
            base ->
                !(target instanceof RecoveryTarget.Time time)
                    || !base.stoppedAt().isAfter(time.at()))
        .isPresent();
  }
}
