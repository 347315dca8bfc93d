package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.JournalStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Positions, epochs and leases, as every store must have it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class PostgresJournalStoreContractIT extends JournalStoreContract {

  @Parameter int version;

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture(version);
  }
}
