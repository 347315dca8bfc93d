package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.AlertStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryAlertStoreTest extends AlertStoreContract {

  @Override
  protected StoresFixture fixture() {
    return InMemoryFixture.withSets("monitoring");
  }
}
