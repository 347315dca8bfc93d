package io.mistersmith.persistence.core.internal.backup;

import java.io.IOException;
import java.util.zip.ZipException;

/** A stored file is not what was stored: another attempt to read it fails alike. */
final class DamagedFileException extends IOException {

  private static final long serialVersionUID = 1L;

  DamagedFileException(String message) {
    super(message);
  }

  DamagedFileException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Whether a failure to read a file tells of a damage, and not of a lost connection. */
  static boolean isDamage(IOException failure) {
    return failure instanceof DamagedFileException || failure instanceof ZipException;
  }
}
