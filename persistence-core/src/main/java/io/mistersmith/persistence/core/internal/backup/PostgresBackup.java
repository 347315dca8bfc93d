package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;

/** Saves PostgreSQL. */
public interface PostgresBackup {

  /** Dumps the database in one snapshot. */
  StoredFile dump(BackupWriter writer);

  /**
   * Makes a base backup of the server.
   *
   * @param since the base backup to make an increment of, where the server can; a whole one is made
   *     where it cannot
   */
  BasePart base(BackupWriter writer, Optional<BasePart> since);

  /**
   * Returns what each table held in the snapshot of the last dump, by {@code schema.table}; empty
   * without a dump.
   */
  default SortedMap<String, TableContents> tables() {
    return Collections.emptySortedMap();
  }

  /** Returns the range of the WAL that a base backup needs to become consistent. */
  WalRange wal(BasePart base);
}
