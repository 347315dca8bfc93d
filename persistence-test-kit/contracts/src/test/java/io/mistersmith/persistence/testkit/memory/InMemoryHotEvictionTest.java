package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.HotEvictionContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryHotEvictionTest extends HotEvictionContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
