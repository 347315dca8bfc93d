package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.JournalApplyContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryJournalApplyTest extends JournalApplyContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
