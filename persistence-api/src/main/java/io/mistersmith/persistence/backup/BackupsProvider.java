package io.mistersmith.persistence.backup;

/** The engine's way in, found by {@link java.util.ServiceLoader}. Call {@link Backups#open}. */
public interface BackupsProvider {

  /** Opens the backups of an installation. */
  Backups open(BackupConfig config);
}
