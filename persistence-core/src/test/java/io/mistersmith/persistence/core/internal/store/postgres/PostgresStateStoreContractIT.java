package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.StateStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** State rows, as every store must have it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class PostgresStateStoreContractIT extends StateStoreContract {

  @Parameter int version;

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture(version);
  }
}
