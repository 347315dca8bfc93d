package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Upload;
import io.mistersmith.persistence.core.internal.backup.FileKeys.FileKey;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Writes the files of a backup to its target. Thread-safe; each file is written by one thread. */
final class TargetWriter implements BackupWriter {

  private static final int BUFFER = 64 * 1024;

  private final BackupTarget target;
  private final String directory;
  private final RateLimit rate;
  private final Optional<FileKey> key;
  private final ProgressMeter progress;
  private final Map<String, StoredFile> written = new ConcurrentHashMap<>();

  /** Writes into {@code directory}, which ends with a slash; encrypts by {@code key}. */
  TargetWriter(
      BackupTarget target,
      String directory,
      RateLimit rate,
      Optional<FileKey> key,
      ProgressMeter progress) {
    this.target = target;
    this.directory = directory;
    this.rate = rate;
    this.key = key;
    this.progress = progress;
  }

  @Override
  public StoredFile write(String path, IoConsumer<OutputStream> content) {
    StoredFile known = written.get(path);
    if (known != null) {
      return known;
    }
    String whole = directory + path;
    try {
      StoredFile file = upload(whole, content);
      written.put(path, file);
      return file;
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, whole + " was not written: " + e.getMessage(), e);
    }
  }

  private StoredFile upload(String whole, IoConsumer<OutputStream> content) throws IOException {
    try (Upload upload = target.resume(whole, BackupTarget.UNKNOWN_SIZE)) {
      TargetOutput stored = new TargetOutput(upload, rate, progress);
      try (OutputStream out = open(stored, whole)) {
        content.accept(out);
      }
      upload.complete();
      return stored.file(whole);
    }
  }

  private OutputStream open(TargetOutput stored, String whole) throws IOException {
    return key.isPresent()
        ? new SealedOutput(stored, key.get(), whole)
        : new BufferedOutputStream(stored, BUFFER);
  }
}
