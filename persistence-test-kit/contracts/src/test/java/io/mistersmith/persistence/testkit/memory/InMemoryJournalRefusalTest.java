package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.JournalRefusalContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryJournalRefusalTest extends JournalRefusalContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
