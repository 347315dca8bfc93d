package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.JournalApplyContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Applying a batch, as every store must have it. */
@Tag("contract")
class PostgresJournalApplyContractIT extends JournalApplyContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.withOwnPools();
  }
}
