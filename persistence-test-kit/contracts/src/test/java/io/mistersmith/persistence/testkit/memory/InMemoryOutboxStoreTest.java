package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.OutboxStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryOutboxStoreTest extends OutboxStoreContract {

  @Override
  protected StoresFixture fixture() {
    return InMemoryFixture.withSets("events");
  }
}
