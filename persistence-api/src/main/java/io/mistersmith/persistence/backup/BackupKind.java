package io.mistersmith.persistence.backup;

import java.util.Locale;

/** What a backup holds. The archive of the WAL goes on beside all kinds, by its own command. */
public enum BackupKind {
  /** A logical backup: a dump of the database. */
  DAILY(true, false, false),
  /** A base backup of the server's files with the WAL that it needs, and a logical backup. */
  WEEKLY(true, true, false),
  /** A dump and the streams of all buckets, consistent with each other while writers run. */
  CROSS_SYSTEM(true, false, true),
  /** As {@link #CROSS_SYSTEM}, with a base backup in place of the dump. It restores faster. */
  CROSS_SYSTEM_BASE(false, true, true);

  private final boolean dump;
  private final boolean base;
  private final boolean streams;

  BackupKind(boolean dump, boolean base, boolean streams) {
    this.dump = dump;
    this.base = base;
    this.streams = streams;
  }

  /** Returns the kind of a name as {@link #id} returns it. */
  public static BackupKind of(String id) {
    for (BackupKind kind : values()) {
      if (kind.id().equals(id)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "there is no kind of backup named '"
            + id
            + "'; give daily, weekly, cross-system or cross-system-base");
  }

  /** Returns the name in ids of backups, in manifests and on the command line. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns whether it holds a dump of the database. */
  public boolean dump() {
    return dump;
  }

  /** Returns whether it holds a base backup of the server. */
  public boolean base() {
    return base;
  }

  /** Returns whether it holds the streams of the buckets. */
  public boolean streams() {
    return streams;
  }
}
