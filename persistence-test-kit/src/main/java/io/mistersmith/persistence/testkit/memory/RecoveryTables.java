package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.sql.RecoveryStore.DrillResult;
import io.mistersmith.persistence.spi.sql.RecoveryStore.KnownBackup;
import java.time.Instant;
import java.util.UUID;

/** The committed tables of backups and drills. */
record RecoveryTables(Table<String, KnownBackup> backups, Table<UUID, Drilled> drills) {

  /**
   * A drill that has ended.
   *
   * @param result what came of it
   * @param endedAt when it had ended
   */
  record Drilled(DrillResult result, Instant endedAt) {}

  static RecoveryTables empty() {
    return new RecoveryTables(Table.inOrderOfInsertion(), Table.inOrderOfInsertion());
  }

  RecoveryTables copy() {
    return new RecoveryTables(backups.copy(), drills.copy());
  }
}
