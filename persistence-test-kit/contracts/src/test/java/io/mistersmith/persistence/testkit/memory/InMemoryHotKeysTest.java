package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.HotKeysContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryHotKeysTest extends HotKeysContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
