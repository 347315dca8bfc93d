package io.mistersmith.persistence.agentscope;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterAll;

/** {@link PortedCases} on real servers. */
class PortedCasesIT extends PortedCases {

  private static final SharedStores STORES = SharedStores.onServers("agentscope-");

  @AfterAll
  static void close() {
    STORES.close();
  }

  @Override
  SharedStores stores() {
    return STORES;
  }
}
