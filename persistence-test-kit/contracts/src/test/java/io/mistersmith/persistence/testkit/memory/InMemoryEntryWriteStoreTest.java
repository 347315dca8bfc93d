package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.EntryWriteStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryEntryWriteStoreTest extends EntryWriteStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
