package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.DeadLetterStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Dead letters, as every store must have it. */
@Tag("contract")
class PostgresDeadLetterStoreContractIT extends DeadLetterStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
