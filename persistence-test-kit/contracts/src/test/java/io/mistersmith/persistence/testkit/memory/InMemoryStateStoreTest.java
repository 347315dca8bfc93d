package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StateStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryStateStoreTest extends StateStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
