package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.OutboxStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The outbox, as every store must have it. */
@Tag("contract")
class PostgresOutboxStoreContractIT extends OutboxStoreContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.withEvents();
  }
}
