package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.SessionStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Sessions, as every store must keep them. */
@Tag("contract")
class PostgresSessionStoreContractIT extends SessionStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
