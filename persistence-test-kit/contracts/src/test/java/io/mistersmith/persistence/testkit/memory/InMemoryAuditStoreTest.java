package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.AuditStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryAuditStoreTest extends AuditStoreContract {

  @Override
  protected StoresFixture fixture() {
    return InMemoryFixture.withSets("audit");
  }
}
