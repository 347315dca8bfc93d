package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.ForgetStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryForgetStoreTest extends ForgetStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
