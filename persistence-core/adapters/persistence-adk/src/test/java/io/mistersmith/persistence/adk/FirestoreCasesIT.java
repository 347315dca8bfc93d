package io.mistersmith.persistence.adk;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterAll;

/** {@link FirestoreCases} on real servers. */
class FirestoreCasesIT extends FirestoreCases {

  private static final SharedStores STORES = SharedStores.onServers("adk-");

  @AfterAll
  static void close() {
    STORES.close();
  }

  @Override
  SharedStores stores() {
    return STORES;
  }
}
