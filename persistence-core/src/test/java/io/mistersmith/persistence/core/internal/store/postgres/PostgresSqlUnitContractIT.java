package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SqlUnitContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Units of work, as every store must have them. */
@Tag("contract")
class PostgresSqlUnitContractIT extends SqlUnitContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.withOwnPools();
  }
}
