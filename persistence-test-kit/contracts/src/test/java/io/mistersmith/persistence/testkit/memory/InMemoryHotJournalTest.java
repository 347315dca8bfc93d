package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.HotJournalContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryHotJournalTest extends HotJournalContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
