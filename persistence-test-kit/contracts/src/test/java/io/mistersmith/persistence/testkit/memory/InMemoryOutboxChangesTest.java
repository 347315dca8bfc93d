package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.OutboxChangesContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryOutboxChangesTest extends OutboxChangesContract {

  @Override
  protected StoresFixture fixture() {
    return InMemoryFixture.withSets("events");
  }
}
