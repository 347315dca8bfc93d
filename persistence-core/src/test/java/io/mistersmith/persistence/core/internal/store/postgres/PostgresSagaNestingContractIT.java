package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SagaNestingContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Sagas in others, as every store must keep them. */
@Tag("contract")
class PostgresSagaNestingContractIT extends SagaNestingContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
