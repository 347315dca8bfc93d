package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SqlSavepointContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Savepoints of units of work, as every store must have them. */
@Tag("contract")
class PostgresSqlSavepointContractIT extends SqlSavepointContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.withOwnPools();
  }
}
