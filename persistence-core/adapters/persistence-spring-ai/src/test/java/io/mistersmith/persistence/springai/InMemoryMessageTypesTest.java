package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class InMemoryMessageTypesTest extends MessageTypesSuite {

  @Override
  SharedStores openStores() {
    return SharedStores.inMemory();
  }
}
