package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.RecoveryTarget;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How far a base backup is recovered. */
final class RecoveryTargetOptions {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--to-time",
      paramLabel = "TIME",
      description =
          "Recover what committed up to this time, such as 2026-12-01T23:15:00Z. Without a target,"
              + " all that is archived is recovered.")
  private Optional<OffsetDateTime> time;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--to-restore-point",
      paramLabel = "NAME",
      description = "Recover up to what pg_create_restore_point named.")
  private Optional<String> restorePoint;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--before-transaction",
      paramLabel = "XID",
      description =
          "Recover up to just before this transaction, such as one that deleted too much.")
  private Optional<Long> transaction;

  RecoveryTarget target() {
    List<RecoveryTarget> given = new ArrayList<>();
    time.ifPresent(at -> given.add(new RecoveryTarget.Time(at.toInstant())));
    try {
      restorePoint.ifPresent(name -> given.add(new RecoveryTarget.RestorePoint(name)));
      transaction.ifPresent(id -> given.add(new RecoveryTarget.BeforeTransaction(id)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
    }
    if (given.size() > 1) {
      throw new ParameterException(
          command.commandLine(),
          "give one of --to-time, --to-restore-point and --before-transaction");
    }
    return given.isEmpty() ? RecoveryTarget.latest() : given.get(0);
  }
}
