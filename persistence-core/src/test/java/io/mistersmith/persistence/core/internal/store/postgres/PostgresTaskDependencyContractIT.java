package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.contract.TaskDependencyContract;
import org.junit.jupiter.api.Tag;

/** Tasks, as every store must keep them. */
@Tag("contract")
class PostgresTaskDependencyContractIT extends TaskDependencyContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
