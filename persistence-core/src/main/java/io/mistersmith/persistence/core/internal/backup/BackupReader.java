package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import java.io.InputStream;

/** Reads files of backups. Thread-safe; each stream is used by one thread. */
public interface BackupReader {

  /**
   * Opens a file, decrypted where it is encrypted. Size and SHA-256 are checked when its end is
   * reached: a read that would return the end fails with an {@link java.io.IOException} that names
   * the damage. What was read before that must not be used then.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when the file does not exist, or
   *     its key is not available
   */
  InputStream open(StoredFile file);
}
