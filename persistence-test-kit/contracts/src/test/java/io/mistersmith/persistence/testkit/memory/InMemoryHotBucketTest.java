package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.HotBucketContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;

class InMemoryHotBucketTest extends HotBucketContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
