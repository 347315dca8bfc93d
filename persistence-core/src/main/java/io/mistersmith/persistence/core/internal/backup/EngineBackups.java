package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Drill;
import io.mistersmith.persistence.backup.DrillReport;
import io.mistersmith.persistence.backup.PruneReport;
import io.mistersmith.persistence.backup.Readiness;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestorePlan;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.backup.Verification;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.core.internal.base.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/** The backups of one installation. One that changes something runs at a time. Thread-safe. */
public final class EngineBackups implements Backups {

  private final BackupConfig config;
  private final BackupStores.Opener saved;
  private final RestoreStores.Opener restored;
  private final Function<PostgresConfig, PostgresCluster> servers;
  private final Clock clock;
  private final BackupCatalog catalog;
  private final Optional<FileKeys> keys;
  private final WalArchive archive;
  private final ProgramSearch programs;
  private final ProgramRestore postgres;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * Backups by this configuration.
   *
   * @param saved opens the stores that are saved
   * @param restored opens the stores that are restored into
   * @param servers returns the access to a server of PostgreSQL
   */
  public EngineBackups(
      BackupConfig config,
      BackupStores.Opener saved,
      RestoreStores.Opener restored,
      Function<PostgresConfig, PostgresCluster> servers) {
    this.config = config;
    this.saved = saved;
    this.restored = restored;
    this.servers = servers;
    this.clock = config.installation().clock();
    this.catalog = new BackupCatalog(config.target());
    this.keys = config.encryption().map(FileKeys::new);
    this.archive = new WalArchive(config.target(), config.encryption());
    this.programs = ProgramSearch.of(config.programs());
    this.postgres = new ProgramRestore(programs, archive, servers);
  }

  private <T> T alone(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  private static ProgressMeter meter(BackupProgress progress) {
    return new ProgressMeter(progress, Ticker.SYSTEM);
  }

  private TargetReader reader(ProgressMeter meter) {
    return new TargetReader(config.target(), keys, meter);
  }

  @Override
  public BackupManifest create(BackupKind kind, BackupProgress progress) {
    return alone(
        () -> {
          try (BackupStores stores = saved.open(config.installation())) {
            ProgressMeter meter = meter(progress);
            PostgresCluster cluster = stores.cluster();
            PostgresBackup dumps =
                new SnapshotDump(
                    new PostgresPrograms(
                        cluster,
                        LibpqAccess.of(config.installation().postgres()),
                        programs,
                        archive,
                        reader(meter)),
                    cluster);
            return new NewBackup(config, catalog, keys, stores, dumps, meter, clock).make(kind);
          }
        });
  }

  @Override
  public List<Entry> list() {
    return catalog.all().stream().map(backup -> new Entry(backup.id(), backup.manifest())).toList();
  }

  @Override
  public BackupManifest manifest(String id) {
    return catalog.manifest(id);
  }

  @Override
  public Verification verify(String id, BackupProgress progress) {
    return new BackupVerification(config.target(), archive, meter(progress), Ticker.SYSTEM)
        .verify(id);
  }

  @Override
  public RestorePlan plan(String id, RestoreOptions options) {
    return new RestorePlanning(chosen(id, options), options, stores(options), keys)
        .plan(new PitrPlan(programs, archive));
  }

  /** Returns the part of a backup that is to be restored. */
  private BackupManifest chosen(String id, RestoreOptions options) {
    BackupManifest manifest = catalog.manifest(id);
    return options.streams() ? manifest : manifest.postgresAlone();
  }

  private PersistenceConfig stores(RestoreOptions options) {
    return options.stores().orElse(config.installation());
  }

  @Override
  public RestoreReport restore(String id, RestoreOptions options, BackupProgress progress) {
    return restore(id, options, progress, () -> {});
  }

  private RestoreReport restore(
      String id, RestoreOptions options, BackupProgress progress, Runnable afterDump) {
    return alone(
        () -> {
          BackupManifest manifest = chosen(id, options);
          PersistenceConfig into = stores(options);
          new RestorePlanning(manifest, options, into, keys).require();
          ProgressMeter meter = meter(progress);
          try (RestoreStores stores = restored.open(into)) {
            return new Restoration(
                    manifest,
                    options,
                    into,
                    stores,
                    postgres,
                    reader(meter),
                    meter,
                    clock,
                    Ticker.SYSTEM,
                    afterDump)
                .run();
          }
        });
  }

  @Override
  public Readiness readiness(RecoveryTarget target) {
    List<BackupManifest> manifests =
        catalog.all().stream().flatMap(backup -> backup.manifest().stream()).toList();
    return new RecoveryReadiness(
            new PostgresReadiness(
                config.target(),
                archive,
                servers.apply(config.installation().postgres()),
                Duration.ofDays(config.retention().days()),
                clock),
            keys,
            clock)
        .check(manifests, target);
  }

  @Override
  public DrillReport drill(Drill drill, BackupProgress progress) {
    return alone(
        () -> new RestoreDrill(this, this::restore, config, saved, clock).run(drill, progress));
  }

  @Override
  public PruneReport prune(boolean onlyReport) {
    return alone(() -> new BackupPruning(config, saved, clock).prune(onlyReport));
  }

  @Override
  public void close() {
    alone(
        () -> {
          config.target().close();
          return true;
        });
  }
}
