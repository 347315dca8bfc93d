package io.mistersmith.persistence.backup;

import io.mistersmith.persistence.config.PersistenceConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where and how far to restore. Immutable; each method returns a changed copy.
 *
 * @param stores the stores to restore into; empty for those of {@link BackupConfig#installation}.
 *     Its PostgreSQL is used for a dump, and after a base backup was restored and its server
 *     started
 * @param dataDirectory the data directory that a base backup is restored into, on this machine;
 *     empty to restore the dump
 * @param target how far to recover a base backup
 * @param streams whether the streams of the backup are restored, too
 */
public record RestoreOptions(
    Optional<PersistenceConfig> stores,
    Optional<Path> dataDirectory,
    RecoveryTarget target,
    boolean streams) {

  /** Returns the options that restore a dump, and the streams, into the installation's stores. */
  public static RestoreOptions defaults() {
    return new RestoreOptions(Optional.empty(), Optional.empty(), RecoveryTarget.latest(), true);
  }

  /** Restores into these stores. */
  public RestoreOptions into(PersistenceConfig value) {
    return new RestoreOptions(Optional.of(value), dataDirectory, target, streams);
  }

  /** Restores the base backup into this directory. */
  public RestoreOptions dataDirectory(Path value) {
    return new RestoreOptions(stores, Optional.of(value), target, streams);
  }

  /** Recovers the base backup up to this target. */
  public RestoreOptions target(RecoveryTarget value) {
    return new RestoreOptions(stores, dataDirectory, value, streams);
  }

  /**
   * Restores PostgreSQL and leaves NATS as it is, where that is intact: the next runtime applies
   * again what its streams still have. Agents that NATS has and the backup lacks are written to
   * PostgreSQL; after a base backup by the same call once more, when the restored server runs.
   */
  public RestoreOptions postgresAlone() {
    return new RestoreOptions(stores, dataDirectory, target, false);
  }
}
