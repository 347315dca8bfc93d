package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterAll;

/** {@link PushConfigCases} on real servers. */
class PushConfigCasesIT extends PushConfigCases {

  private static final SharedStores STORES = SharedStores.onServers("a2a-");

  @AfterAll
  static void close() {
    STORES.close();
  }

  @Override
  SharedStores stores() {
    return STORES;
  }
}
