package io.mistersmith.persistence.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The backups of one installation: both stores, saved while writers run, and restored together.
 * Thread-safe; one backup or restore runs at a time.
 *
 * <p>Calls fail with a {@link io.mistersmith.persistence.error.PersistenceException}: {@code
 * MISCONFIGURED} where a program is missing or of another version than the server, {@code
 * DATA_CORRUPTION} where a backup is damaged, {@code DUPLICATE_KEY} where a store that is to be
 * restored is not empty, {@code NOT_FOUND} where there is no such backup.
 */
public interface Backups extends AutoCloseable {

  /**
   * Opens the backups of an installation. Connects to its stores when a call needs them, so that a
   * restore can be made while they are down.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when no engine is on the
   *     class path
   */
  static Backups open(BackupConfig config) {
    return ServiceLoader.load(BackupsProvider.class, Backups.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.MISCONFIGURED,
                    "no engine on the class path; add the dependency"
                        + " io.mistersmith.persistence:persistence-core"))
        .open(config);
  }

  /** Makes a backup, and returns its manifest, which is stored last. */
  BackupManifest create(BackupKind kind, BackupProgress progress);

  /** Returns the backups of the target, newest first, unfinished ones among them. */
  List<Entry> list();

  /** Returns the manifest of a backup, which must be whole. */
  BackupManifest manifest(String id);

  /** Reads every byte of a backup, and names each damage. Needs no store and no key. */
  Verification verify(String id, BackupProgress progress);

  /** Returns what a restore would do, step by step. Changes nothing. */
  RestorePlan plan(String id, RestoreOptions options);

  /**
   * Restores a backup into stores that are empty. What a restore that was cut off has left is
   * recognised and removed first.
   */
  RestoreReport restore(String id, RestoreOptions options, BackupProgress progress);

  /** Checks whether a recovery to the target would succeed now, without doing it. */
  Readiness readiness(RecoveryTarget target);

  /** Restores a backup into scratch servers, compares everything, and measures. */
  DrillReport drill(Drill drill, BackupProgress progress);

  /**
   * Deletes what the retention does not keep, and unfinished backups.
   *
   * @param onlyReport whether to delete nothing, and only say what would be deleted
   */
  PruneReport prune(boolean onlyReport);

  /** Releases connections. Waits for a call under way. */
  @Override
  void close();

  /**
   * A backup of the target.
   *
   * @param id its id: the UTC time of its begin and its kind
   * @param manifest its manifest; empty while it is unfinished
   */
  record Entry(String id, Optional<BackupManifest> manifest) {}
}
