package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.Backups;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "backup",
    description = {
      "Makes a backup while runtimes write. Its manifest is stored last: a backup that was cut off"
          + " is listed as unfinished, and removed by prune."
    })
final class CreateCommand extends BackupsCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec command;

  @Parameters(
      arity = "0..1",
      paramLabel = "KIND",
      defaultValue = "cross-system",
      description =
          "daily (a dump of PostgreSQL), weekly (base backup and dump), cross-system (a dump and"
              + " the streams of NATS) or cross-system-base (a base backup and the streams);"
              + " default: ${DEFAULT-VALUE}.")
  private String kind = "cross-system";

  @Override
  int run(Backups backups) {
    BackupManifest made = backups.create(kind(), output.progress());
    Duration took = Duration.between(made.startedAt(), made.completedAt());
    double rate = made.size() / 1e6 / Math.max(0.001, took.toMillis() / 1e3);
    List<String> lines = new ArrayList<>();
    made.positions().forEach(position -> lines.add(line(position)));
    made.streams().forEach(stream -> lines.add(line(stream)));
    lines.add(
        String.format(
            Locale.ROOT,
            "%s: %d files, %s in %.1f s (%.1f MB/s).",
            made.id(),
            made.files().size(),
            ProgressLines.megabytes(made.size()),
            took.toMillis() / 1e3,
            rate));
    output.print(
        lines,
        "id",
        made.id(),
        "kind",
        made.kind().id(),
        "startedAt",
        made.startedAt(),
        "completedAt",
        made.completedAt(),
        "files",
        made.files().size(),
        "bytes",
        made.size(),
        "megabytesPerSecond",
        Math.round(rate * 10) / 10.0,
        "positions",
        made.positions(),
        "streams",
        made.streams().stream().map(CreateCommand::object).toList());
    return ExitCode.OK;
  }

  private BackupKind kind() {
    try {
      return BackupKind.of(kind);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private static String line(Position position) {
    return "bucket %s: PostgreSQL has epoch %d up to sequence %d"
        .formatted(position.bucket(), position.epoch(), position.sequence());
  }

  private static String line(StreamPart stream) {
    return "stream %s: %d messages, sequences %d to %d"
        .formatted(
            stream.stream(), stream.messages(), stream.firstSequence(), stream.lastSequence());
  }

  private static Object object(StreamPart stream) {
    return OutputOptions.object(
        "stream", stream.stream(),
        "messages", stream.messages(),
        "firstSequence", stream.firstSequence(),
        "lastSequence", stream.lastSequence());
  }
}
