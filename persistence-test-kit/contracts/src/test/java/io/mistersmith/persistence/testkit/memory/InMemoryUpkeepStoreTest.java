package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.contract.UpkeepStoreContract;

class InMemoryUpkeepStoreTest extends UpkeepStoreContract {

  @Override
  protected StoresFixture fixture() {
    return InMemoryFixture.withSets("monitoring");
  }
}
