package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SagaStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySagaStoreTest extends SagaStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
