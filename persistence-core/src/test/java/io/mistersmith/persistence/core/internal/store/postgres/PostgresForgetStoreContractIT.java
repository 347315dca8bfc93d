package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.ForgetStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The contract, kept by PostgreSQL. */
@Tag("contract")
class PostgresForgetStoreContractIT extends ForgetStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
