package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SessionStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySessionStoreTest extends SessionStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
