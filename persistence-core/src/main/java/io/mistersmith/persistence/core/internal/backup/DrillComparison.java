package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.DrillReport.Comparison;
import io.mistersmith.persistence.spi.sql.RecoveryStore.TableCheck;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Compares restored stores with a manifest: tables by their counts, streams by checksums, too. */
final class DrillComparison {

  /** A restore begins new epochs here, and takes leases. */
  private static final String OF_THE_JOURNAL = "agents.journal_";

  /** The beginnings of the names of tables, and partitions, that a replay adds rows to. */
  private static final List<String> REPLAYED =
      List.of(
          "agents.state",
          "agents.log_entries",
          "agents.dead_letters",
          "agents.large_value",
          "agents.value_chunks",
          "agents.lifecycle_events",
          "audit.",
          "events.",
          "monitoring.");

  private static final Pattern LAST = Pattern.compile("\"last_ts\"\\s*:\\s*\"([^\"]+)\"");

  private final BackupManifest manifest;
  private final List<Comparison> comparisons = new ArrayList<>();
  private final List<String> findings = new ArrayList<>();

  DrillComparison(BackupManifest manifest) {
    this.manifest = manifest;
  }

  /** Compares every stream of the backup, up to the sequence that the backup has. */
  void compareStreams(StreamBackup streams) {
    for (StreamPart part : manifest.streams()) {
      part.contents()
          .ifPresentOrElse(
              expected ->
                  comparisons.add(
                      compare(part, expected, streams.contents(part.stream(), expected.upTo()))),
              () -> findings.add(part.stream() + ": the backup does not say what it held"));
    }
  }

  /**
   * A stream is read after its snapshot was made: the snapshot also has what was superseded or
   * evicted in between, and the restore has compared each message that was left. A stream that was
   * saved message by message has other sequences, and so another checksum.
   */
  private static Comparison compare(StreamPart part, Contents expected, Contents found) {
    if (found.messages() > expected.messages() || Streams.isCopied(part)) {
      boolean all = found.messages() >= expected.messages();
      String restored = found.messages() + " messages";
      return new Comparison(
          part.stream(),
          all ? restored : "at least " + expected.messages() + " messages",
          restored);
    }
    return new Comparison(part.stream(), text(expected), text(found));
  }

  private static String text(Contents contents) {
    return "%d messages, %s".formatted(contents.messages(), contents.checksum());
  }

  /** Compares the restored tables with those of the backup. */
  void compareTables(Map<String, Long> restored) {
    manifest
        .postgres()
        .counts()
        .forEach(
            (table, expected) -> {
              if (!table.startsWith(OF_THE_JOURNAL)) {
                comparisons.add(compare(table, expected, restored.get(table)));
              }
            });
  }

  private Comparison compare(String table, long expected, @Nullable Long restored) {
    if (restored == null) {
      return new Comparison(table, rows(expected), "no table");
    }
    String found = rows(restored);
    if (!manifest.streams().isEmpty() && REPLAYED.stream().anyMatch(table::startsWith)) {
      return new Comparison(
          table, restored >= expected ? found : "at least " + rows(expected), found);
    }
    return new Comparison(table, rows(expected), found);
  }

  /** Notes what the check of consistency found. */
  void check(List<TableCheck> tables) {
    tables.forEach(
        table -> table.issues().forEach(issue -> findings.add(table.table() + ": " + issue)));
  }

  /** Notes that there is no check of consistency. */
  void findNothingChecked() {
    findings.add(
        "the set of migrations recovery is not applied in the backup, so that its consistency was"
            + " not checked; apply it, and make a backup");
  }

  private static String rows(long count) {
    return count + " rows";
  }

  List<Comparison> comparisons() {
    return List.copyOf(comparisons);
  }

  List<String> findings() {
    return List.copyOf(findings);
  }

  /** Returns the time of a backup's last write, or of its begin where it has no stream. */
  static Instant lastWrite(BackupManifest manifest) {
    return manifest.streams().stream()
        .flatMap(part -> lastOf(part.state()))
        .max(Comparator.naturalOrder())
        .orElse(manifest.startedAt());
  }

  /** Returns the time of a stream's last message, as the server printed it. */
  private static Stream<Instant> lastOf(String state) {
    Matcher found = LAST.matcher(state);
    if (!found.find()) {
      return Stream.empty();
    }
    try {
      return Stream.of(Instant.parse(found.group(1))).filter(Instant.EPOCH::isBefore);
    } catch (DateTimeException e) {
      return Stream.empty(); // of a server whose states are unlike those that are known
    }
  }
}
