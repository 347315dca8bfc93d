package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SqlIsolationContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Isolation of units of work, as every store must have them. */
@Tag("contract")
class PostgresSqlIsolationContractIT extends SqlIsolationContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.withOwnPools();
  }
}
