package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterAll;

/** {@link ConversationCases} on real servers. */
class ConversationCasesIT extends ConversationCases {

  private static final SharedStores STORES = SharedStores.onServers("a2a-");

  @AfterAll
  static void close() {
    STORES.close();
  }

  @Override
  SharedStores stores() {
    return STORES;
  }

  @Override
  int turns() {
    return 200;
  }
}
