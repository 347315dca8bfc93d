package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class InMemoryVectorStoreTest extends VectorStoreSuite {

  @Override
  SharedStores openStores() {
    return SharedStores.inMemory();
  }
}
