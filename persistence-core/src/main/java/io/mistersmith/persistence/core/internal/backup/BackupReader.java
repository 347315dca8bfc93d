package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import java.io.IOException;
import java.io.InputStream;

/** Reads files of backups. Thread-safe; each stream is used by one thread. */
public interface BackupReader {

  /**
   * Hands over the content of a file, decrypted where it is encrypted. Size and SHA-256 are checked
   * when its end is reached: a read that would return the end fails with an {@link IOException}
   * that names the damage. What was read before that must not be used then.
   *
   * <p>A damage can make {@code use} fail before that: the program or server that gets the bytes
   * may refuse them, or crash. Then the whole file is checked, and its damage is what this call
   * fails with.
   *
   * @throws IOException when {@code use} throws it, or the file is damaged
   * @throws io.mistersmith.persistence.error.PersistenceException when the file does not exist, its
   *     key is not available, or {@code use} throws it
   */
  void read(StoredFile file, IoConsumer<InputStream> use) throws IOException;
}
