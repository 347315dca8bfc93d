package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Drill;
import io.mistersmith.persistence.backup.DrillReport;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Snapshot;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore.DrillResult;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores a backup into scratch servers, compares them with its manifest, measures, and records
 * the result in the installation's database.
 */
final class RestoreDrill {

  private static final Logger LOG = LoggerFactory.getLogger(RestoreDrill.class);

  /** Restores a backup, and calls when its dump is restored and nothing was added to it. */
  @FunctionalInterface
  interface Restorer {
    RestoreReport restore(
        String id, RestoreOptions options, BackupProgress progress, Runnable afterDump);
  }

  private final Backups backups;
  private final Restorer restorer;
  private final BackupConfig config;
  private final BackupStores.Opener stores;
  private final Clock clock;

  /** Restores backups of {@code backups}, whose configuration this is. */
  RestoreDrill(
      Backups backups,
      Restorer restorer,
      BackupConfig config,
      BackupStores.Opener stores,
      Clock clock) {
    this.backups = backups;
    this.restorer = restorer;
    this.config = config;
    this.stores = stores;
    this.clock = clock;
  }

  /**
   * Runs a drill.
   *
   * @throws PersistenceException when it could not be done to its end, which is recorded as well
   */
  DrillReport run(Drill drill, BackupProgress progress) {
    BackupManifest manifest = drill.backup().map(backups::manifest).orElseGet(this::newest);
    if (manifest.postgres().dump().isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "drill of "
              + manifest.id()
              + ": a drill restores a dump, and this backup has none; name one of kind"
              + " cross-system, daily or weekly");
    }
    Instant startedAt = clock.instant();
    try {
      DrillReport report = run(manifest, drill, startedAt, progress);
      record(manifest, startedAt, Optional.of(report), errors(report));
      return report;
    } catch (PersistenceException e) {
      record(manifest, startedAt, Optional.empty(), List.of(String.valueOf(e.getMessage())));
      throw e;
    }
  }

  private BackupManifest newest() {
    List<BackupManifest> dumps =
        backups.list().stream()
            .flatMap(entry -> entry.manifest().stream())
            .filter(made -> made.postgres().dump().isPresent())
            .toList();
    return dumps.stream()
        .filter(made -> made.kind().streams())
        .findFirst()
        .or(() -> dumps.stream().findFirst())
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.NOT_FOUND,
                    "there is no whole backup with a dump; make one of kind cross-system"));
  }

  private DrillReport run(
      BackupManifest manifest, Drill drill, Instant startedAt, BackupProgress progress) {
    if (drill.scratch().isPresent()) {
      return restore(manifest, drill.scratch().get(), startedAt, progress);
    }
    try (ScratchServers servers = ScratchServers.start(config, drill.directory())) {
      return restore(manifest, servers.stores(), startedAt, progress);
    }
  }

  private DrillReport restore(
      BackupManifest manifest,
      PersistenceConfig scratch,
      Instant startedAt,
      BackupProgress progress) {
    DrillComparison comparison = new DrillComparison(manifest);
    RestoreReport restore =
        restorer.restore(
            manifest.id(),
            RestoreOptions.defaults().into(scratch),
            progress,
            () -> compareTables(comparison, scratch));
    long restored = System.nanoTime();
    try (BackupStores opened = stores.open(scratch)) {
      boolean installed = opened.recovery().isInstalled();
      Duration rto = restore.took().plusNanos(System.nanoTime() - restored);
      if (comparison.comparisons().isEmpty()) {
        comparison.findTablesNotCompared();
      }
      comparison.compareStreams(opened.streams());
      if (installed) {
        comparison.check(opened.recovery().verifyConsistency());
      } else {
        comparison.findNothingChecked();
      }
      return new DrillReport(
          restore,
          rto,
          Duration.between(DrillComparison.lastWrite(manifest), startedAt),
          comparison.comparisons(),
          comparison.findings());
    }
  }

  private void compareTables(DrillComparison comparison, PersistenceConfig scratch) {
    try (BackupStores opened = stores.open(scratch);
        Snapshot snapshot = opened.cluster().snapshot()) {
      comparison.compareTables(snapshot.tables());
    }
  }

  private static List<String> errors(DrillReport report) {
    List<String> differences =
        report.comparisons().stream()
            .filter(comparison -> !comparison.equal())
            .map(
                comparison ->
                    "%s: %s in the backup, %s restored"
                        .formatted(comparison.name(), comparison.expected(), comparison.found()))
            .toList();
    return Stream.of(differences, report.findings()).flatMap(List::stream).toList();
  }

  /** A drill counts, whether or not the installation can note it now. */
  private void record(
      BackupManifest manifest,
      Instant startedAt,
      Optional<DrillReport> report,
      List<String> errors) {
    try (BackupStores own = stores.open(config.installation())) {
      RecoveryStore recovery = own.recovery();
      if (recovery.isInstalled()) {
        LOG.debug(
            "recorded drill {}",
            recovery.record(
                new DrillResult(
                    manifest.kind().streams(),
                    manifest.startedAt(),
                    startedAt,
                    report.isPresent() && errors.isEmpty(),
                    report.map(RestoreDrill::figures).orElse(Map.of()),
                    errors,
                    "backup " + manifest.id())));
      } else {
        LOG.warn(
            "the drill of {} is not recorded: the set of migrations recovery is not applied",
            manifest.id());
      }
    } catch (PersistenceException e) {
      LOG.warn("the drill of {} is not recorded: {}", manifest.id(), e.getMessage());
    }
  }

  private static Map<String, Double> figures(DrillReport report) {
    double seconds = Math.max(0.001, report.restore().took().toMillis() / 1e3);
    return Map.of(
        "rto_seconds",
        report.rto().toMillis() / 1e3,
        "rpo_seconds",
        report.rpo().toMillis() / 1e3,
        "bytes",
        (double) report.restore().bytes(),
        "megabytes_per_second",
        report.restore().bytes() / 1e6 / seconds,
        "compared",
        (double) report.comparisons().size());
  }
}
