package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.DeadLetterStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryDeadLetterStoreTest extends DeadLetterStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
