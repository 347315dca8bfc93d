package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StateSearchContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryStateSearchTest extends StateSearchContract {

  @Override
  protected StoresFixture fixture() {
    return InMemoryFixture.withSets("state_search");
  }
}
