package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.JournalStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryJournalStoreTest extends JournalStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
