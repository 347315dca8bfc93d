package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.DataKeyStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryDataKeyStoreTest extends DataKeyStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
