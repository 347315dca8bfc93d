package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupKind;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;

/** Where the files of backups lie in a target. */
final class BackupPaths {

  static final String BACKUPS = "backups/";
  static final String WAL = "wal/";

  private static final Pattern ID = Pattern.compile("\\d{8}T\\d{6}Z-[a-z-]+");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private BackupPaths() {}

  /** Returns the id of a backup that begins now; ids sort by time. */
  static String id(Instant begin, BackupKind kind) {
    return TIME.format(begin) + "-" + kind.id();
  }

  /** Returns whether a text has the form of an id. */
  static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** Returns when the backup of an id began. */
  static Instant begin(String id) {
    return TIME.parse(id.substring(0, id.indexOf('-')), Instant::from);
  }

  /** Returns the kind of the backup of an id. */
  static BackupKind kind(String id) {
    return BackupKind.of(id.substring(id.indexOf('-') + 1));
  }

  /** Returns the directory of a backup, with the slash at its end. */
  static String directory(String id) {
    if (!isId(id)) {
      throw new IllegalArgumentException(
          "'" + id + "' is no id of a backup, such as 20261201T231500Z-cross-system");
    }
    return BACKUPS + id + "/";
  }

  /** Returns the id of the backup that a file belongs to; empty when it belongs to none. */
  static String owner(String path) {
    int end = path.indexOf('/', BACKUPS.length());
    String id = path.startsWith(BACKUPS) && end > 0 ? path.substring(BACKUPS.length(), end) : "";
    return isId(id) ? id : "";
  }

  /** Returns the path of a backup's manifest. */
  static String manifest(String id) {
    return directory(id) + "manifest.json";
  }
}
