package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupManifest.TableContents;
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

/** Compares restored stores with a manifest, by counts and checksums. */
final class DrillComparison {

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

  /** Compares the tables, as the dump left them, with those of its snapshot. */
  void compareTables(Map<String, TableContents> restored) {
    manifest
        .postgres()
        .tables()
        .forEach(
            (table, expected) -> {
              TableContents found = restored.get(table);
              comparisons.add(
                  new Comparison(table, text(expected), found == null ? "no table" : text(found)));
            });
  }

  private static String text(TableContents contents) {
    return "%d rows, checksum %s".formatted(contents.rows(), contents.checksum());
  }

  /** Notes that the tables were not compared. */
  void findTablesNotCompared() {
    findings.add(
        "no table was compared: an earlier call had restored the dump already, or the backup has no"
            + " checksums of tables; make a backup, and run the drill into empty stores");
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
