package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SagaNestingContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySagaNestingTest extends SagaNestingContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
