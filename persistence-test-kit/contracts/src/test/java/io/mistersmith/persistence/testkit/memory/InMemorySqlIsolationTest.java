package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SqlIsolationContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySqlIsolationTest extends SqlIsolationContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
