package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.HotStepContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryHotStepTest extends HotStepContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
