package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Reads files of backups from their target. Thread-safe; each stream is used by one thread. */
final class TargetReader implements BackupReader {

  private static final int BUFFER = 256 * 1024;

  /** Failures that a damaged file does not cause. */
  private static final Set<DataError> OTHER_REASONS =
      EnumSet.of(
          DataError.ACCESS_DENIED,
          DataError.CONNECTION_FAILED,
          DataError.TIMEOUT,
          DataError.STORE_FULL,
          DataError.CLOSED);

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
  public void read(StoredFile file, IoConsumer<InputStream> use) throws IOException {
    try (InputStream content = open(file)) {
      use.accept(content);
    } catch (IOException | PersistenceException e) {
      if (mayComeOfDamage(e)) {
        requireWhole(file, e);
      }
      throw e;
    }
  }

  private static boolean mayComeOfDamage(Exception failure) {
    boolean isKnown =
        failure instanceof DamagedFileException
            || failure.getCause() instanceof DamagedFileException;
    boolean hasOtherReason =
        failure instanceof PersistenceException e && OTHER_REASONS.contains(e.error());
    return !isKnown && !hasOtherReason;
  }

  /** Fails where the file is damaged; else the failure stands for itself. */
  private void requireWhole(StoredFile file, Exception failure) throws DamagedFileException {
    try (InputStream stored = new CheckedInput(target.get(file.path(), 0), file, progress)) {
      stored.transferTo(OutputStream.nullOutputStream());
    } catch (DamagedFileException damage) {
      damage.addSuppressed(failure);
      throw damage;
    } catch (IOException | PersistenceException e) {
      failure.addSuppressed(e);
    }
  }

  private InputStream open(StoredFile file) throws IOException {
    InputStream stored =
        new BufferedInputStream(
            new CheckedInput(target.get(file.path(), 0), file, progress), BUFFER);
    try {
      return decrypted(stored, file.path());
    } catch (IOException | RuntimeException | Error e) {
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
