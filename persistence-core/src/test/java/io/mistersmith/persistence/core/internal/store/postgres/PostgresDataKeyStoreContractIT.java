package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.DataKeyStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The contract, kept by PostgreSQL. */
@Tag("contract")
class PostgresDataKeyStoreContractIT extends DataKeyStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
