package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SagaUpkeepContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySagaUpkeepTest extends SagaUpkeepContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
