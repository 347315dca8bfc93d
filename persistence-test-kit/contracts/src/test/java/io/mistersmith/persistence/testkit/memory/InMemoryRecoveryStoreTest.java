package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.RecoveryStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryRecoveryStoreTest extends RecoveryStoreContract {

  @Override
  protected StoresFixture fixture() {
    return InMemoryFixture.withSets("recovery");
  }
}
