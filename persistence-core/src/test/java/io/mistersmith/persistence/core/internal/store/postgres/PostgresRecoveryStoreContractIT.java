package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.RecoveryStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The contract, kept by PostgreSQL. */
@Tag("contract")
class PostgresRecoveryStoreContractIT extends RecoveryStoreContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.recovering();
  }
}
