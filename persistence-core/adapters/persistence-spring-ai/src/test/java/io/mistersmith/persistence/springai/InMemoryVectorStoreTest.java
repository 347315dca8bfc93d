package io.mistersmith.persistence.springai;

class InMemoryVectorStoreTest extends VectorStoreSuite {

  @Override
  Memories memories() {
    return Memories.inMemory();
  }
}
