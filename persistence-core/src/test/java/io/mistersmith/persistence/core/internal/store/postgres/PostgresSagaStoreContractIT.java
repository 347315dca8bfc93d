package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SagaStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Sagas, as every store must keep them. */
@Tag("contract")
class PostgresSagaStoreContractIT extends SagaStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
