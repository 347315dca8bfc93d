package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads files of backups from their target. Thread-safe; each stream is used by one thread. */
final class TargetReader implements BackupReader {

  private static final int BUFFER = 256 * 1024;

  private final BackupTarget target;
  private final Optional<FileKeys> keys;
  private final ProgressMeter progress;

  /** Decrypts by {@code keys}; without them encrypted files cannot be read. */
  TargetReader(BackupTarget target, Optional<FileKeys> keys, ProgressMeter progress) {
    this.target = target;
    this.keys = keys;
    this.progress = progress;
  }

  @Override
  public InputStream open(StoredFile file) {
    InputStream stored =
        new BufferedInputStream(
            new CheckedInput(target.get(file.path(), 0), file, progress), BUFFER);
    try {
      return decrypted(stored, file.path());
    } catch (IOException e) {
      close(stored, e);
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, file.path() + " was not read: " + e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      close(stored, e);
      throw e;
    }
  }

  private InputStream decrypted(InputStream stored, String path) throws IOException {
    stored.mark(SealedFile.magicLength());
    boolean encrypted = SealedFile.isSealed(stored.readNBytes(SealedFile.magicLength()));
    stored.reset();
    if (!encrypted) {
      if (keys.isPresent() && keys.get().areRequired()) {
        throw new NonTransientPersistenceException(
            DataError.UNREADABLE,
            path
                + " is not encrypted, and encrypted files are expected; set the mode of the"
                + " encryption to MIGRATION if the backup was made without");
      }
      return stored;
    }
    SealedFile form = SealedFile.read(stored);
    FileKeys provider =
        keys.orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.UNREADABLE,
                    path
                        + " is encrypted by master key "
                        + form.key().masterKey()
                        + "; configure the backup's encryption"));
    return new SealedInput(stored, form, provider.unwrap(form.key()), path);
  }

  private static void close(InputStream stored, Throwable failure) {
    try {
      stored.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
