package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The settings by which a server recovers when it is started on a restored data directory. Without
 * the file {@code recovery.signal} it would ignore them, and run on what the base backup holds.
 *
 * @param wal the directory that the segments of the WAL were brought to
 * @param timeline the timeline to recover along
 * @param target where to stop
 */
record RecoverySettings(Path wal, int timeline, RecoveryTarget target) {

  private static final String SIGNAL = "recovery.signal";
  private static final String STANDBY_SIGNAL = "standby.signal";
  private static final String FILE = "postgresql.auto.conf";

  /** What an earlier restore, or the standby that the backup was made of, may have left. */
  private static final Pattern REPLACED =
      Pattern.compile(
          "(?i)\\s*(restore_command|archive_cleanup_command|recovery_end_command"
              + "|recovery_target\\w*|recovery_min_apply_delay|primary_conninfo"
              + "|primary_slot_name|archive_mode|hot_standby)\\s*(=|\\s).*");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS'+00'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** Returns each setting with its value, as PostgreSQL is to take it. */
  Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("restore_command", restoreCommand());
    values.put("recovery_target_timeline", Integer.toString(timeline));
    if (target instanceof RecoveryTarget.BackupEnd) {
      values.put("recovery_target", "immediate");
    } else if (target instanceof RecoveryTarget.Time time) {
      values.put("recovery_target_time", time(time.at()));
      values.put("recovery_target_inclusive", "on");
    } else if (target instanceof RecoveryTarget.RestorePoint point) {
      values.put("recovery_target_name", point.name());
    } else if (target instanceof RecoveryTarget.BeforeTransaction transaction) {
      values.put("recovery_target_xid", xid(transaction.transactionId()));
      values.put("recovery_target_inclusive", "off");
    }
    values.put("recovery_target_action", "promote");
    // A copy that is only tried out must not write into the archive of the original.
    values.put("archive_mode", "off");
    values.put("hot_standby", "on");
    return values;
  }

  private static String time(Instant at) {
    return TIME.format(at.truncatedTo(ChronoUnit.MICROS));
  }

  /** The WAL has the lower half of a transaction's id. */
  private static String xid(long transactionId) {
    return Long.toString(transactionId & 0xFFFF_FFFFL);
  }

  /** Returns a command that the shell runs. PostgreSQL replaces %f and %p, and %% by %. */
  private String restoreCommand() {
    String file = forShell(wal.toAbsolutePath() + "/").replace("%", "%%");
    return "cp " + file + "%f \"%p\"";
  }

  /** Quotes a word for a shell. */
  static String forShell(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  /** Quotes a value for a file of settings. */
  static String forFile(String value) {
    if (value.chars().anyMatch(c -> c == '\n' || c == '\r' || c == 0)) {
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY,
          "a path or a name for the recovery has a line break, which PostgreSQL's settings cannot"
              + " have; use another one");
    }
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
  }

  /** Returns the lines for the file of settings. */
  List<String> lines() {
    return values().entrySet().stream()
        .map(entry -> entry.getKey() + " = " + forFile(entry.getValue()))
        .toList();
  }

  /** Makes the server of a data directory recover when it is started. */
  void writeTo(Path dataDirectory) throws IOException {
    Path file = dataDirectory.resolve(FILE);
    List<String> all = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (!REPLACED.matcher(line).matches()) {
          all.add(line);
        }
      }
    }
    all.addAll(lines());
    DurableFile.write(file, out -> out.write((String.join("\n", all) + "\n").getBytes(UTF_8)));
    Files.deleteIfExists(dataDirectory.resolve(STANDBY_SIGNAL));
    DurableFile.write(dataDirectory.resolve(SIGNAL), out -> {});
  }
}
