package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.JournalStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Positions, epochs and leases, as every store must have it. */
@Tag("contract")
class PostgresJournalStoreContractIT extends JournalStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
