package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SqlUnitContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySqlUnitTest extends SqlUnitContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
