package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SagaUpkeepContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** What operators do to sagas, as every store must let them. */
@Tag("contract")
class PostgresSagaUpkeepContractIT extends SagaUpkeepContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
