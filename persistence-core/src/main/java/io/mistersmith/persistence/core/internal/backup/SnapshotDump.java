package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Snapshot;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;

/** Saves PostgreSQL, and reads what each table holds in the snapshot of the dump. */
final class SnapshotDump implements PostgresBackup {

  private final PostgresPrograms programs;
  private final PostgresCluster cluster;
  private volatile SortedMap<String, TableContents> tables = Collections.emptySortedMap();

  SnapshotDump(PostgresPrograms programs, PostgresCluster cluster) {
    this.programs = programs;
    this.cluster = cluster;
  }

  @Override
  public StoredFile dump(BackupWriter writer) {
    try (Snapshot snapshot = cluster.snapshot()) {
      tables = snapshot.tables();
      return programs.dump(writer, Optional.of(snapshot.name()));
    }
  }

  @Override
  public BasePart base(BackupWriter writer, Optional<BasePart> since) {
    return programs.base(writer, since);
  }

  @Override
  public SortedMap<String, TableContents> tables() {
    return tables;
  }

  @Override
  public WalRange wal(BasePart base) {
    return programs.wal(base);
  }
}
