package io.mistersmith.persistence.agentscope;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterEach;

/** {@link PortedCases} in memory. */
class PortedCasesTest extends PortedCases {

  private final SharedStores stores = SharedStores.inMemory();

  @AfterEach
  void close() {
    stores.close();
  }

  @Override
  SharedStores stores() {
    return stores;
  }
}
