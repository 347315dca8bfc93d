package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Reads a stored file, and compares its size and SHA-256 when its end is reached. Its {@link
 * IOException} tells of a damage; what keeps the file from being read is a {@link
 * TransientPersistenceException}.
 */
final class CheckedInput extends InputStream {

  private final InputStream in;
  private final StoredFile file;
  private final ProgressMeter progress;
  private final MessageDigest digest = Digests.sha256();
  private long size;
  private boolean checked;

  CheckedInput(InputStream in, StoredFile file, ProgressMeter progress) {
    this.in = in;
    this.file = file;
    this.progress = progress;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    int read = stored(bytes, from, length);
    if (read < 0) {
      check();
    } else {
      digest.update(bytes, from, read);
      size += read;
      progress.add(read);
    }
    return read;
  }

  /** A connection that was lost is no damage: another attempt may succeed. */
  private int stored(byte[] bytes, int from, int length) {
    try {
      return in.read(bytes, from, length);
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, file.path() + " was not read: " + e.getMessage(), e);
    }
  }

  private void check() throws DamagedFileException {
    if (checked) {
      return;
    }
    if (size != file.size()) {
      throw new DamagedFileException(
          file.path() + " is damaged: it has " + size + " bytes instead of " + file.size());
    }
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(file.sha256())) {
      throw new DamagedFileException(
          file.path() + " is damaged: its SHA-256 is " + found + " instead of " + file.sha256());
    }
    checked = true;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
