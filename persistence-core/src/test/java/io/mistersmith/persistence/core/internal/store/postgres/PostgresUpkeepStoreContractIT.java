package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.contract.UpkeepStoreContract;
import org.junit.jupiter.api.Tag;

/** The contract, kept by PostgreSQL. */
@Tag("contract")
class PostgresUpkeepStoreContractIT extends UpkeepStoreContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.monitored();
  }
}
