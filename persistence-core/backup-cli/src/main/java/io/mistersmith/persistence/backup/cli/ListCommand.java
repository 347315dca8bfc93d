package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Backups.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    description = "Lists the backups of the target, newest first, unfinished ones among them.")
final class ListCommand extends BackupsCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Option(
      names = "--max-age",
      paramLabel = "HOURS",
      description = "Exit with 3 when the newest whole backup is older, or there is none.")
  private Optional<Integer> maxAge;

  @Override
  int run(Backups backups) {
    List<Entry> entries = backups.list();
    List<String> lines = new ArrayList<>();
    entries.forEach(entry -> lines.add(line(entry)));
    lines.add(entries.isEmpty() ? "There is no backup." : entries.size() + " listed.");
    output.print(lines, "backups", entries.stream().map(ListCommand::object).toList());
    return isTooOld(entries) ? ExitCode.FINDINGS : ExitCode.OK;
  }

  private boolean isTooOld(List<Entry> entries) {
    if (maxAge.isEmpty()) {
      return false;
    }
    Instant oldest = Instant.now().minus(Duration.ofHours(maxAge.get()));
    return entries.stream()
        .flatMap(entry -> entry.manifest().stream())
        .map(BackupManifest::startedAt)
        .max(Comparator.naturalOrder())
        .filter(newest -> !newest.isBefore(oldest))
        .isEmpty();
  }

  private static String line(Entry entry) {
    return entry
        .manifest()
        .map(
            made ->
                "%-34s %s, %s"
                    .formatted(
                        made.id(),
                        ProgressLines.megabytes(made.size()),
                        made.keys().isEmpty() ? "not encrypted" : "needs " + keys(made)))
        .orElse("%-34s unfinished".formatted(entry.id()));
  }

  private static List<String> keys(BackupManifest made) {
    return made.keys().stream().map(BackupManifest.WrappedKey::masterKey).toList();
  }

  private static Object object(Entry entry) {
    return OutputOptions.object(
        "id", entry.id(),
        "whole", entry.manifest().isPresent(),
        "kind", entry.manifest().map(made -> made.kind().id()),
        "startedAt", entry.manifest().map(BackupManifest::startedAt),
        "completedAt", entry.manifest().map(BackupManifest::completedAt),
        "bytes", entry.manifest().map(BackupManifest::size),
        "keys", entry.manifest().map(ListCommand::keys));
  }
}
