package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.contract.TaskDependencyContract;

class InMemoryTaskDependencyTest extends TaskDependencyContract {

  @Override
  protected StoresFixture fixture() {
    return new InMemoryFixture();
  }
}
