package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SqlLockContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySqlLockTest extends SqlLockContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
