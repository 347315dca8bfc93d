package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.backup.FileKeys.FileKey;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts the files of the WAL's archive, in the form of a backup's files. All files of one
 * process have one data key. Thread-safe.
 */
final class WalSealing {

  private final Optional<FileKeys> keys;
  private @Nullable FileKey key;

  /** Encrypts with these keys; without them encrypted files cannot be read. */
  WalSealing(Optional<FileKeys> keys) {
    this.keys = keys;
  }

  /** Whether files are stored encrypted. */
  boolean isSealing() {
    return keys.isPresent();
  }

  private synchronized FileKey key() {
    FileKey known = key;
    if (known == null) {
      known = keys.orElseThrow().create();
      key = known;
    }
    return known;
  }

  /** Returns a stream whose content arrives encrypted; closing it writes the end. */
  OutputStream seal(OutputStream encrypted, String path) throws IOException {
    return new SealedOutput(encrypted, key(), path);
  }

  /** Returns the content of a stored file, decrypted where it is encrypted. */
  InputStream open(InputStream stored, String path) throws IOException {
    BufferedInputStream in = new BufferedInputStream(stored);
    in.mark(SealedFile.magicLength());
    boolean sealed = SealedFile.isSealed(in.readNBytes(SealedFile.magicLength()));
    in.reset();
    if (!sealed) {
      if (keys.isPresent() && keys.get().areRequired()) {
        throw unreadable(
            path
                + " is not encrypted, and encrypted files are expected; set the mode of the"
                + " encryption to MIGRATION if it was archived without");
      }
      return in;
    }
    SealedFile form = SealedFile.read(in);
    FileKeys provider =
        keys.orElseThrow(
            () ->
                unreadable(
                    path
                        + " is encrypted by master key "
                        + form.key().masterKey()
                        + "; configure the backup's encryption"));
    return new SealedInput(in, form, provider.unwrap(form.key()), path);
  }

  private static NonTransientPersistenceException unreadable(String message) {
    return new NonTransientPersistenceException(DataError.UNREADABLE, message);
  }
}
