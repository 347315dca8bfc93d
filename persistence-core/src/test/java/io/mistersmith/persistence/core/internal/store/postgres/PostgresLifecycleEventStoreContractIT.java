package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.contract.LifecycleEventStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Tag;

/** Lifecycle events, as every store must keep them. */
@Tag("contract")
class PostgresLifecycleEventStoreContractIT extends LifecycleEventStoreContract {

  @Override
  protected StoresFixture fixture() {
    return new PostgresFixture();
  }
}
