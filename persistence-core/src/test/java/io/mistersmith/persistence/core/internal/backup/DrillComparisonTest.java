package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.PostgresPart;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.backup.DrillReport.Comparison;
import io.mistersmith.persistence.spi.sql.RecoveryStore.TableCheck;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What of restored stores counts as equal to a backup. */
class DrillComparisonTest {

  private static final Instant BEGAN = Instant.parse("2026-12-01T02:15:00Z");
  private static final Contents HELD = new Contents(9, 7, "abc");

  private static BackupManifest manifest(Map<String, TableContents> tables, StreamPart... streams) {
    return new BackupManifest(
        BackupManifest.FORMAT,
        "20261201T021500Z-cross-system",
        BackupKind.CROSS_SYSTEM,
        BEGAN,
        BEGAN.plusSeconds(5),
        Optional.empty(),
        new TreeMap<>(),
        List.of(),
        new PostgresPart(
            "agents",
            "15.4",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            new TreeMap<>(tables)),
        List.of(),
        List.of(streams));
  }

  private static StreamPart stream(String state) {
    return new StreamPart("KV_A", "{}", state, BEGAN, 1, 9, 7, 100, List.of(), Optional.of(HELD));
  }

  private static List<Comparison> differing(
      BackupManifest manifest, Map<String, TableContents> restored) {
    DrillComparison comparison = new DrillComparison(manifest);
    comparison.compareTables(restored);
    return comparison.comparisons().stream().filter(one -> !one.equal()).toList();
  }

  @Test
  void eachTableHasTheRowsOfTheBackup() {
    TableContents three = new TableContents(3, "-17");
    TableContents one = new TableContents(1, "5");
    BackupManifest manifest =
        manifest(Map.of("tasks.queue", three, "agents.state_3", one), stream("{}"));
    assertThat(differing(manifest, Map.of("tasks.queue", three, "agents.state_3", one))).isEmpty();
    assertThat(differing(manifest, Map.of("tasks.queue", new TableContents(3, "-18"))))
        .containsExactlyInAnyOrder(
            new Comparison("tasks.queue", "3 rows, checksum -17", "3 rows, checksum -18"),
            new Comparison("agents.state_3", "1 rows, checksum 5", "no table"));
  }

  @Test
  void aStreamHasTheSameMessagesUpToTheSequenceOfTheBackup() {
    DrillComparison comparison = new DrillComparison(manifest(Map.of(), stream("{}")));
    comparison.compareStreams(holding(HELD));
    comparison.compareStreams(holding(new Contents(9, 7, "abd")));
    assertThat(comparison.comparisons()).extracting(Comparison::equal).containsExactly(true, false);
  }

  /** Writers go on between the snapshot of a stream and the reading of what it holds. */
  @Test
  void aStreamMayHaveMoreThanWasReadAfterItsSnapshotAndNotLess() {
    DrillComparison comparison = new DrillComparison(manifest(Map.of(), stream("{}")));
    comparison.compareStreams(holding(new Contents(9, 8, "xyz")));
    comparison.compareStreams(holding(new Contents(9, 6, "xyz")));
    assertThat(comparison.comparisons()).extracting(Comparison::equal).containsExactly(true, false);
  }

  private static StreamBackup holding(Contents contents) {
    return new StreamBackup() {
      @Override
      public StreamPart snapshot(String stream, BackupWriter writer) {
        throw new AssertionError("a drill saves nothing");
      }

      @Override
      public void restore(StreamPart part, BackupReader reader) {
        throw new AssertionError("a comparison restores nothing");
      }

      @Override
      public Contents contents(String stream, long upTo) {
        assertThat(upTo).isEqualTo(HELD.upTo());
        return contents;
      }
    };
  }

  @Test
  void issuesAreFindings() {
    DrillComparison comparison = new DrillComparison(manifest(Map.of()));
    comparison.check(
        List.of(
            new TableCheck("tasks.queue", 3, List.of("1 tasks that are their own ancestors")),
            new TableCheck("tasks.ready", 3, List.of())));
    assertThat(comparison.findings())
        .containsExactly("tasks.queue: 1 tasks that are their own ancestors");
  }

  @Test
  void theLastWriteIsThatOfTheStreamsAndElseTheBeginOfTheBackup() {
    Instant last = Instant.parse("2026-12-01T02:15:03.25Z");
    assertThat(
            DrillComparison.lastWrite(
                manifest(Map.of(), stream("{\"last_ts\" : \"" + last + "\"}"))))
        .isEqualTo(last);
    assertThat(DrillComparison.lastWrite(manifest(Map.of(), stream("{}")))).isEqualTo(BEGAN);
    assertThat(
            DrillComparison.lastWrite(
                manifest(Map.of(), stream("{\"last_ts\":\"0001-01-01T00:00:00Z\"}"))))
        .isEqualTo(BEGAN);
  }
}
