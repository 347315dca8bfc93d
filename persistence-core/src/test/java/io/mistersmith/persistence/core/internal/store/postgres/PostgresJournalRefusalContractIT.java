package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.JournalRefusalContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Refusing changes, as every store must have it. */
@Tag("contract")
class PostgresJournalRefusalContractIT extends JournalRefusalContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
