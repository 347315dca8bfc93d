package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import java.io.OutputStream;

/**
 * Writes the files of one backup: counts and digests them, keeps to the rate limit, and encrypts
 * where that is configured. Thread-safe; each file is written by one thread.
 */
public interface BackupWriter {

  /**
   * Writes a file, which is whole and durable when this returns, and does not exist when this
   * fails. A file that this writer has already written is not written again: {@code content} is not
   * called, so that a caller that begins again after a failure goes on with the next file.
   *
   * @param path the path in the backup's directory, such as {@code postgresql/database.dump}
   * @param content writes the file; the stream is closed for it
   * @return the file as it lies in the target, with its whole path there
   * @throws io.mistersmith.persistence.error.PersistenceException when the target or the content
   *     fails
   */
  StoredFile write(String path, IoConsumer<OutputStream> content);
}
