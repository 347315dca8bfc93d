package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.testkit.contract.BackupTargetContract;
import java.time.Clock;

class InMemoryBackupTargetTest extends BackupTargetContract {

  @Override
  protected BackupTarget open() {
    return new MemoryBackupTarget(Clock.systemUTC());
  }
}
