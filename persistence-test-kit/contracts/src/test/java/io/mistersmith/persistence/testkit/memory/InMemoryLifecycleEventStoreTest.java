package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.LifecycleEventStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryLifecycleEventStoreTest extends LifecycleEventStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
