package io.mistersmith.persistence.backup.cli;

/**
 * The names of the settings of backups in the environment and in a properties file, with their
 * defaults. Those of the two stores are the library's own.
 */
enum BackupSetting {
  BACKUP_TARGET(""),
  BACKUP_RATE_MB("100"),
  BACKUP_PROGRAMS(""),
  BACKUP_MASTER_KEY(""),
  BACKUP_KEYS(""),
  BACKUP_S3_ENDPOINT(""),
  BACKUP_S3_REGION("us-east-1"),
  BACKUP_S3_STORAGE_CLASS(""),
  BACKUP_KEEP_DAYS("30"),
  BACKUP_KEEP_WEEKS("12"),
  BACKUP_KEEP_MONTHS("12");

  private final String missing;

  BackupSetting(String missing) {
    this.missing = missing;
  }

  /** The default, or empty. */
  String byDefault() {
    return missing;
  }
}
