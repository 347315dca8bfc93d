package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.contract.TaskStoreContract;

class InMemoryTaskStoreTest extends TaskStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
