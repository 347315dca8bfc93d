package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.DeadLetterStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Dead letters, as every store must have it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class PostgresDeadLetterStoreContractIT extends DeadLetterStoreContract {

  @Parameter int version;

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture(version);
  }
}
