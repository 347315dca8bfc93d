package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SqlLockContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Row locks of units of work, as every store must have them. */
@Tag("contract")
class PostgresSqlLockContractIT extends SqlLockContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.withOwnPools();
  }
}
