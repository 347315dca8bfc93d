package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.WrappedKey;
import io.mistersmith.persistence.core.internal.backup.FileKeys.FileKey;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Facts;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.ByteArrayInputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins a backup, and ends it with its manifest. Removes what earlier ones have left that were cut
 * off: as each holds the lease for backups, none of them is under way.
 */
final class NewBackup {

  private static final Logger LOG = LoggerFactory.getLogger(NewBackup.class);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Of base backups one in so many is a whole one, where PostgreSQL can make increments. */
  private static final int LONGEST_CHAIN = 4;

  private final BackupConfig config;
  private final BackupCatalog catalog;
  private final Optional<FileKeys> keys;
  private final BackupStores stores;
  private final PostgresBackup postgres;
  private final ProgressMeter progress;
  private final Clock clock;

  NewBackup(
      BackupConfig config,
      BackupCatalog catalog,
      Optional<FileKeys> keys,
      BackupStores stores,
      PostgresBackup postgres,
      ProgressMeter progress,
      Clock clock) {
    this.config = config;
    this.catalog = catalog;
    this.keys = keys;
    this.stores = stores;
    this.postgres = postgres;
    this.progress = progress;
    this.clock = clock;
  }

  BackupManifest make(BackupKind kind) {
    Instant startedAt = clock.instant();
    String id = BackupPaths.id(startedAt, kind);
    String holder = id + "-" + UUID.randomUUID();
    try (BackupLeases leases =
        new BackupLeases(stores.journals(), holder, PATIENCE, stores.services())) {
      leases.begin();
      removeUnfinished();
      begin(id, holder);
      Optional<FileKey> key = keys.map(FileKeys::create);
      Deadline end = Deadline.after(config.timeLimit());
      RateLimit rate =
          new RateLimit(config.bytesPerSecond(), Ticker.SYSTEM, () -> require(leases, end));
      BackupWriter writer =
          new TargetWriter(config.target(), BackupPaths.directory(id), rate, key, progress);
      Optional<BackupManifest> since = kind == BackupKind.WEEKLY ? earlier() : Optional.empty();
      Optional<BasePart> earlier = since.flatMap(made -> made.postgres().base());
      BackupManifest manifest =
          new BackupRun(kind, stores, postgres, leases, writer, progress, clock)
              .make(id, startedAt, origin(kind), earlier, names(key, since));
      put(BackupPaths.manifest(id), ManifestCodec.encode(manifest));
      new BackupRecords(stores.recovery()).made(manifest);
      return manifest;
    }
  }

  private void require(BackupLeases leases, Deadline end) {
    leases.requireHeld();
    if (end.hasPassed()) {
      throw new TransientPersistenceException(
          DataError.TIMEOUT,
          "the backup has not ended within "
              + config.timeLimit()
              + "; raise backup.timeLimit or backup.bytesPerSecond");
    }
  }

  private void removeUnfinished() {
    for (BackupCatalog.Listed left : catalog.all()) {
      if (left.isUnfinished()) {
        LOG.info("backup {} was cut off and is removed", left.id());
        catalog.delete(left);
      }
    }
  }

  /** Makes the backup known before its first file is there. */
  private void begin(String id, String holder) {
    if (!config.target().list(BackupPaths.directory(id)).isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY, "backup " + id + " was made in this second; wait for the next");
    }
    put(BackupPaths.directory(id) + "begun", holder.getBytes(UTF_8));
  }

  private void put(String path, byte[] content) {
    config.target().put(path, content.length, new ByteArrayInputStream(content));
  }

  /** Returns the newest weekly backup, unless its chain of increments is long enough. */
  private Optional<BackupManifest> earlier() {
    return catalog.all().stream()
        .filter(backup -> BackupPaths.kind(backup.id()) == BackupKind.WEEKLY)
        .flatMap(backup -> backup.manifest().stream())
        .findFirst()
        .filter(
            made -> made.postgres().base().filter(base -> depth(base) < LONGEST_CHAIN).isPresent());
  }

  private static int depth(BasePart base) {
    return 1 + base.since().map(NewBackup::depth).orElse(0);
  }

  /** An increment needs the keys of what it is an increment of. */
  private static List<WrappedKey> names(Optional<FileKey> key, Optional<BackupManifest> since) {
    List<WrappedKey> names = new ArrayList<>();
    key.ifPresent(own -> names.add(own.name()));
    since.ifPresent(made -> names.addAll(made.keys()));
    return names;
  }

  private BackupRun.Origin origin(BackupKind kind) {
    Facts facts = stores.cluster().facts();
    SortedMap<String, String> versions = new TreeMap<>(stores.scripts());
    String library = NewBackup.class.getPackage().getImplementationVersion();
    versions.put("library", library == null ? "unknown" : library);
    versions.put("postgresql", facts.version());
    if (kind.streams()) {
      versions.put("nats", stores.natsVersion());
    }
    String database = LibpqAccess.of(config.installation().postgres()).database();
    return new BackupRun.Origin(database, facts.systemIdentifier(), versions);
  }
}
