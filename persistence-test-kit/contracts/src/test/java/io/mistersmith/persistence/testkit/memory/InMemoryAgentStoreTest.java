package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.AgentStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryAgentStoreTest extends AgentStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
