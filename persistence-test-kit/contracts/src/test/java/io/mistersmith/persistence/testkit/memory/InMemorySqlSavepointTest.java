package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.SqlSavepointContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemorySqlSavepointTest extends SqlSavepointContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
