package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.OutboxChangesContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The changes in the outbox, as every store must note them. */
@Tag("contract")
class PostgresOutboxChangesContractIT extends OutboxChangesContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.withEvents();
  }
}
