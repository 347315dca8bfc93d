package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.CheckpointStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Checkpoints, as every store must keep them. */
@Tag("contract")
class PostgresCheckpointStoreContractIT extends CheckpointStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
