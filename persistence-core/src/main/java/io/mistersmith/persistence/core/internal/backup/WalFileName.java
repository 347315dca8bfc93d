package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.regex.Pattern;

/**
 * The name of a file that PostgreSQL gives to its archive command, or asks its restore command for.
 * It has no character that could lead out of the archive's directory.
 *
 * @param name the name, without a directory
 */
record WalFileName(String name) {

  private static final String SHA256 = ".sha256";
  private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}");
  private static final Pattern HISTORY = Pattern.compile("[0-9A-F]{8}\\.history");
  private static final Pattern OTHER =
      Pattern.compile("[0-9A-F]{24}(?:\\.partial|\\.[0-9A-F]{8}\\.backup)");

  /**
   * Checks the name.
   *
   * @throws NonTransientPersistenceException INVALID_KEY when PostgreSQL gives no file such a name
   */
  WalFileName {
    if (!isName(name)) {
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY,
          "'" + name + "' is no file of the WAL; give the command %f, and not %p, as its name");
    }
  }

  /** Whether PostgreSQL archives files with such a name. */
  static boolean isName(String name) {
    return SEGMENT.matcher(name).matches()
        || HISTORY.matcher(name).matches()
        || OTHER.matcher(name).matches();
  }

  /** Returns the name of the file that describes the ancestors of a timeline. */
  static WalFileName history(int timeline) {
    return new WalFileName("%08X.history".formatted(timeline));
  }

  /** Whether a file of such a name is a whole segment. */
  static boolean isSegmentName(String name) {
    return SEGMENT.matcher(name).matches();
  }

  /** Whether it is a whole segment. */
  boolean isSegment() {
    return isSegmentName(name);
  }

  /** Returns its path in the target. */
  String path() {
    return BackupPaths.WAL + name.substring(0, 8) + "/" + name;
  }

  /** Returns the path of the file with its checksum. */
  String checksumPath() {
    return path() + SHA256;
  }
}
