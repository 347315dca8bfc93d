package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.PreparedUnitContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryPreparedUnitTest extends PreparedUnitContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
