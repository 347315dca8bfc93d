package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.JournalApplyContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Applying a batch, as every store must have it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class PostgresJournalApplyContractIT extends JournalApplyContract {

  @Parameter int version;

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture(version);
  }
}
