package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class InMemorySessionTest extends SessionSuite {

  @Override
  SharedStores openStores() {
    return SharedStores.inMemory();
  }
}
