package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.AgentStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The registry, as every store must have it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class PostgresAgentStoreContractIT extends AgentStoreContract {

  @Parameter int version;

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture(version);
  }
}
