package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.StateSearchContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The search of agents' state, as every store must have it. */
@Tag("contract")
class PostgresStateSearchContractIT extends StateSearchContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.searched();
  }
}
