package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.HotLimitsContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryHotLimitsTest extends HotLimitsContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
