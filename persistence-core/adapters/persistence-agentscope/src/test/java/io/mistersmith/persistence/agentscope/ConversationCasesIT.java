package io.mistersmith.persistence.agentscope;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterAll;

/** {@link ConversationCases} on real servers. */
class ConversationCasesIT extends ConversationCases {

  private static final SharedStores STORES = SharedStores.onServers("agentscope-");

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
