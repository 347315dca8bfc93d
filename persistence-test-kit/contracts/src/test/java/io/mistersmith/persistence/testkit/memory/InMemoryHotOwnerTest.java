package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.HotOwnerContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryHotOwnerTest extends HotOwnerContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
