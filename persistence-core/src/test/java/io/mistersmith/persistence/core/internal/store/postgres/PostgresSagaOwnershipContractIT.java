package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SagaOwnershipContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The owners of sagas, as every store must keep them. */
@Tag("contract")
class PostgresSagaOwnershipContractIT extends SagaOwnershipContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
