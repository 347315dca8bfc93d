package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.AgentStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The registry, as every store must have it. */
@Tag("contract")
class PostgresAgentStoreContractIT extends AgentStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
