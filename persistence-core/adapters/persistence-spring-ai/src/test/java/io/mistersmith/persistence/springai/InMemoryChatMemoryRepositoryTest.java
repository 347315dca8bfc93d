package io.mistersmith.persistence.springai;

class InMemoryChatMemoryRepositoryTest extends ChatMemoryRepositorySuite {

  @Override
  Memories memories() {
    return Memories.inMemory();
  }
}
