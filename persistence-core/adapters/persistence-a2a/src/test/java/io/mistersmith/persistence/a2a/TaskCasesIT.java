package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterAll;

/** {@link TaskCases} on real servers. */
class TaskCasesIT extends TaskCases {

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
