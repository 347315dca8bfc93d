package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterEach;

/** {@link ConversationCases} in memory. */
class ConversationCasesTest extends ConversationCases {

  private final SharedStores stores = SharedStores.inMemory();

  @AfterEach
  void close() {
    stores.close();
  }

  @Override
  SharedStores stores() {
    return stores;
  }

  @Override
  int turns() {
    return 500;
  }
}
