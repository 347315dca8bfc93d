package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SagaOwnershipContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySagaOwnershipTest extends SagaOwnershipContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
