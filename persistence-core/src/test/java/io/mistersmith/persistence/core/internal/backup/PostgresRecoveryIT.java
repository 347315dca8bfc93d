package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.PostgresPart;
import io.mistersmith.persistence.backup.Readiness.Check;
import io.mistersmith.persistence.backup.Readiness.Status;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.backup.RestorePlan;
import io.mistersmith.persistence.core.fault.WalArchiveProcess;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresProgram;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A base backup of PostgreSQL 15, made by the distribution's programs, is recovered to each kind of
 * target from a WAL archive that the server's own archive command fills.
 */
class PostgresRecoveryIT {

  private static final PostgresOptions OPTIONS = PostgresOptions.defaults().withMajorVersion(15);

  private static final Duration SOON = Duration.ofMinutes(1);

  @TempDir static Path directory;

  private static PostgresServer server;
  private static PostgresServer scratch;
  private static RecoveryScene scene;
  private static BasePart base;
  private static Instant time;
  private static long transaction;

  @BeforeAll
  static void write() throws IOException, SQLException {
    Path target = directory.resolve("target");
    server =
        PostgresServer.start(
            OPTIONS
                .withServerSetting("archive_mode", "on")
                .withServerSetting(
                    "archive_command",
                    WalArchiveProcess.command(directory.resolve("command"), target)));
    scratch = PostgresServer.start(OPTIONS);
    scene = new RecoveryScene(server, PostgresTools.search(directory.resolve("tools")), target);
    scene.sql("CREATE TABLE kept (what text)", "INSERT INTO kept VALUES ('before the base')");
    base = scene.programs.base(scene.writer(RecoveryScene.BACKUP), Optional.empty());
    scene.sql("INSERT INTO kept VALUES ('after the base')");
    time = scene.cluster.facts().now();
    scene.sql("INSERT INTO kept VALUES ('after the time')");
    assertThat(scene.cluster.restorePoint("it's a point")).isPositive();
    scene.sql("INSERT INTO kept VALUES ('after the point')");
    transaction =
        Long.parseLong(
            scene.sql("WITH gone AS (DELETE FROM kept) SELECT pg_current_xact_id()::text").get(0));
    scene.sql("INSERT INTO kept VALUES ('at the end')");
    scene.archiveAll();
  }

  @AfterAll
  static void stop() {
    server.close();
    scratch.close();
  }

  /** Recovers the base backup in another server, and returns what the table holds there. */
  private static List<String> recovered(String name, RecoveryTarget target) throws SQLException {
    return recovered(name, scene, base, target);
  }

  private static List<String> recovered(
      String name, RecoveryScene of, BasePart saved, RecoveryTarget target) throws SQLException {
    Path data = directory.resolve(name);
    of.restore.restore(saved, of.reader, data, target);
    scratch.stop();
    scratch.replaceData(data);
    scratch.restart();
    await() // the server answers queries while it recovers
        .atMost(SOON)
        .until(
            () ->
                RecoveryScene.sqlOn(scratch.jdbcUrl(), scratch.user(), "SELECT pg_is_in_recovery()")
                    .equals(List.of("f")));
    return RecoveryScene.sqlOn(scratch.jdbcUrl(), scratch.user(), "SELECT what FROM kept");
  }

  @Test
  void everythingThatIsArchivedComesBack() throws SQLException {
    assertThat(recovered("latest", RecoveryTarget.latest())).containsExactly("at the end");
    assertThat(
            RecoveryScene.sqlOn(
                scratch.jdbcUrl(),
                scratch.user(),
                "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"))
        .as("the timeline after the recovery")
        .containsExactly("00000002");
  }

  /** PostgreSQL's manifest lists the histories of timelines, which are beside the WAL. */
  @Test
  void aPromotedServerIsSavedAndComesBack() throws SQLException, IOException {
    assertThat(recovered("promoted", RecoveryTarget.latest())).containsExactly("at the end");
    RecoveryScene.sqlOn(
        scratch.jdbcUrl(), scratch.user(), "INSERT INTO kept VALUES ('after the promotion')");
    RecoveryScene promoted =
        new RecoveryScene(
            scratch,
            PostgresTools.search(directory.resolve("promoted tools")),
            directory.resolve("promoted target"));
    BasePart saved =
        promoted.programs.base(promoted.writer(RecoveryScene.BACKUP), Optional.empty());
    assertThat(saved.timeline()).isEqualTo(2);
    assertThat(recovered("promoted again", promoted, saved, RecoveryTarget.latest()))
        .containsExactly("at the end", "after the promotion");
  }

  @Test
  void aRecoveryStopsAtATime() throws SQLException {
    assertThat(recovered("time", new RecoveryTarget.Time(time)))
        .containsExactly("before the base", "after the base");
  }

  @Test
  void aRecoveryStopsAtARestorePoint() throws SQLException {
    assertThat(recovered("point", new RecoveryTarget.RestorePoint("it's a point")))
        .containsExactly("before the base", "after the base", "after the time");
  }

  @Test
  void aRecoveryStopsBeforeATransaction() throws SQLException {
    assertThat(recovered("it's before", new RecoveryTarget.BeforeTransaction(transaction)))
        .containsExactly("before the base", "after the base", "after the time", "after the point");
  }

  /** The base backup brings its WAL along, whatever the archive command does. */
  @Test
  void theArchiveHasTheWalOfTheBaseBackup() {
    WalChain chain =
        WalChain.of(
            base,
            scene.cluster.facts().segmentSize(),
            scene.archive.segments(),
            scene.archive.histories());
    assertThat(chain.consistent()).isTrue();
    assertThat(chain.present()).startsWith(scene.programs.wal(base).first());
    assertThat(chain.present()).contains(scene.programs.wal(base).last());
  }

  private static Map<String, Status> readiness(RecoveryTarget target) {
    PostgresReadiness readiness =
        new PostgresReadiness(
            scene.target, scene.archive, scene.cluster, Duration.ofDays(30), Clock.systemUTC());
    return readiness.check(List.of(manifest()), target).stream()
        .collect(Collectors.toMap(Check::name, Check::status));
  }

  private static BackupManifest manifest() {
    return new BackupManifest(
        BackupManifest.FORMAT,
        "20261201T231500Z-weekly",
        BackupKind.WEEKLY,
        base.startedAt(),
        base.stoppedAt(),
        Optional.empty(),
        new TreeMap<>(),
        List.of(),
        new PostgresPart(
            "postgres",
            server.version(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(base),
            Optional.of(scene.programs.wal(base)),
            new TreeMap<>()),
        List.of(),
        List.of());
  }

  private static RestorePlan plan(RecoveryTarget target) {
    return new PitrPlan(ProgramSearch.only(List.of()), scene.archive)
        .of("20261201T231500Z-weekly", manifest().postgres(), directory.resolve("plan"), target);
  }

  @Test
  void theServerIsReadyToBeRecovered() {
    assertThat(readiness(new RecoveryTarget.Time(time)))
        .containsOnly(
            entry("base_backup_exists", Status.PASS),
            entry("wal_continuity", Status.PASS),
            entry("target_time_feasible", Status.PASS));
    assertThat(readiness(new RecoveryTarget.Time(base.startedAt().minusSeconds(1))).values())
        .containsOnly(Status.FAIL);
    assertThat(readiness(new RecoveryTarget.Time(Instant.now().plusSeconds(600))))
        .containsEntry("target_time_feasible", Status.FAIL);
    assertThat(plan(new RecoveryTarget.Time(time)).missing()).isEmpty();
    assertThat(plan(new RecoveryTarget.Time(time)).settings())
        .anyMatch(line -> line.startsWith("recovery_target_time = '"));
    assertThat(directory.resolve("plan")).doesNotExist();
  }

  @Test
  void aMissingSegmentIsNamedBeforeAnythingIsRestored() throws IOException {
    String lacking = scene.programs.wal(base).last();
    Path stored = directory.resolve("target").resolve(new WalFileName(lacking).path());
    Path away = Files.move(stored, directory.resolve("away"));
    try {
      PersistenceException refused =
          catchThrowableOfType(
              PersistenceException.class,
              () ->
                  scene.restore.restore(
                      base, scene.reader, directory.resolve("gap"), RecoveryTarget.latest()));
      assertThat(refused.error()).isEqualTo(DataError.DATA_CORRUPTION);
      assertThat(refused).hasMessageContaining(lacking);
      assertThat(directory.resolve("gap")).doesNotExist();
      assertThat(plan(RecoveryTarget.latest()).missing())
          .singleElement()
          .asString()
          .contains(lacking);
      assertThat(readiness(RecoveryTarget.latest()))
          .containsEntry("base_backup_exists", Status.PASS)
          .containsEntry("wal_continuity", Status.FAIL);
    } finally {
      Files.move(away, stored);
    }
  }

  @Test
  void whatIsRestoredPassesPostgresOwnCheck() throws IOException, InterruptedException {
    Path data = directory.resolve("verified");
    scene.restore.restore(base, scene.reader, data, RecoveryTarget.latest());
    Process check =
        PostgresProgram.find("pg_verifybackup")
            .process(List.of("--no-parse-wal", data.toString()))
            .redirectErrorStream(true)
            .start();
    String printed = new String(check.getInputStream().readAllBytes(), UTF_8);
    assertThat(check.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(check.exitValue()).as("%s", printed).isZero();
  }

  @Test
  void aRestoreIsNotMadeTwiceIntoOneDirectory() {
    Path data = directory.resolve("twice");
    scene.restore.restore(base, scene.reader, data, RecoveryTarget.latest());
    assertThat(
            catchThrowableOfType(
                    PersistenceException.class,
                    () -> scene.restore.restore(base, scene.reader, data, RecoveryTarget.latest()))
                .error())
        .isEqualTo(DataError.DUPLICATE_KEY);
  }

  @Test
  void aTimeBeforeTheBaseBackupIsRefused() {
    assertThat(
            catchThrowableOfType(
                    PersistenceException.class,
                    () ->
                        scene.restore.restore(
                            base,
                            scene.reader,
                            directory.resolve("early"),
                            new RecoveryTarget.Time(base.startedAt())))
                .error())
        .isEqualTo(DataError.NOT_FOUND);
  }
}
