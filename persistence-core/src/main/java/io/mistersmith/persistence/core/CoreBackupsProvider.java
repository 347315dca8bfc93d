package io.mistersmith.persistence.core;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.BackupsProvider;
import io.mistersmith.persistence.core.internal.backup.EngineBackups;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresServerAccess;

/** Opens backups of NATS and PostgreSQL; found by {@link java.util.ServiceLoader}. */
public final class CoreBackupsProvider implements BackupsProvider {

  /** For the {@code ServiceLoader}. */
  public CoreBackupsProvider() {}

  @Override
  public Backups open(BackupConfig config) {
    return new EngineBackups(
        config, SavedStores::open, RestoredStores::new, PostgresServerAccess::of);
  }
}
