package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.HotSignalsContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryHotSignalsTest extends HotSignalsContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
