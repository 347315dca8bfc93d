package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.CheckpointStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryCheckpointStoreTest extends CheckpointStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
