package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.AuditStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** The audit log, as every store must have it. */
@Tag("contract")
class PostgresAuditStoreContractIT extends AuditStoreContract {

  @Override
  protected StoresFixture fixture() {
    return PostgresFixture.audited();
  }
}
