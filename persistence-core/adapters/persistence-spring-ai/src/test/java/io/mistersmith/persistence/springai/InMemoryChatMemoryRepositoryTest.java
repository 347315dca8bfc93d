package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class InMemoryChatMemoryRepositoryTest extends ChatMemoryRepositorySuite {

  @Override
  SharedStores openStores() {
    return SharedStores.inMemory();
  }
}
