package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class InMemoryConversationTest extends ConversationSuite {

  @Override
  SharedStores openStores() {
    return SharedStores.inMemory();
  }
}
