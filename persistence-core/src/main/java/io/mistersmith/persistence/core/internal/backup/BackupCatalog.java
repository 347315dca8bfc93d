package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The backups of a target. A backup without a manifest is unfinished; one whose manifest cannot be
 * read is damaged, which is another thing: it is never removed as unfinished.
 *
 * @param target the target
 */
record BackupCatalog(BackupTarget target) {

  /**
   * A backup of the target.
   *
   * @param id its id
   * @param files its files
   * @param isUnfinished whether it has no manifest
   * @param manifest its manifest; empty where there is none, or it cannot be read
   */
  record Listed(
      String id, List<Stored> files, boolean isUnfinished, Optional<BackupManifest> manifest) {

    /** Copies the files. */
    Listed {
      files = List.copyOf(files);
    }
  }

  /** Returns all backups, newest first. */
  List<Listed> all() {
    Map<String, List<Stored>> files = new TreeMap<>(Comparator.reverseOrder());
    for (Stored file : target.list(BackupPaths.BACKUPS)) {
      String rest = file.path().substring(BackupPaths.BACKUPS.length());
      String id = rest.substring(0, Math.max(0, rest.indexOf('/')));
      if (BackupPaths.isId(id)) {
        files.computeIfAbsent(id, first -> new ArrayList<>()).add(file);
      }
    }
    return files.entrySet().stream()
        .map(backup -> listed(backup.getKey(), backup.getValue()))
        .toList();
  }

  private Listed listed(String id, List<Stored> files) {
    String path = BackupPaths.manifest(id);
    boolean unfinished = files.stream().noneMatch(file -> file.path().equals(path));
    return new Listed(id, files, unfinished, unfinished ? Optional.empty() : readable(id));
  }

  private Optional<BackupManifest> readable(String id) {
    try {
      return Optional.of(manifest(id));
    } catch (NonTransientPersistenceException e) {
      if (e.error() == DataError.DATA_CORRUPTION
          || e.error() == DataError.MISCONFIGURED
          || e.error() == DataError.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Returns the manifest of a backup, which must be whole. */
  BackupManifest manifest(String id) {
    String path = BackupPaths.manifest(id);
    if (target.find(path).isEmpty()) {
      boolean begun = !target.list(BackupPaths.directory(id)).isEmpty();
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND,
          begun
              ? "backup " + id + " is unfinished: it has no manifest. Take another one"
              : "there is no backup " + id);
    }
    BackupManifest manifest = ManifestCodec.decode(read(path), path);
    if (!manifest.id().equals(id)) {
      throw new NonTransientPersistenceException(
          DataError.DATA_CORRUPTION, path + " is the manifest of backup " + manifest.id());
    }
    return manifest;
  }

  private byte[] read(String path) {
    try (InputStream in = target.get(path, 0)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, path + " was not read: " + e.getMessage(), e);
    }
  }

  /** Deletes a backup, its manifest first, so that what is left of it counts as unfinished. */
  void delete(Listed backup) {
    target.delete(BackupPaths.manifest(backup.id()));
    backup.files().forEach(file -> target.delete(file.path()));
  }
}
