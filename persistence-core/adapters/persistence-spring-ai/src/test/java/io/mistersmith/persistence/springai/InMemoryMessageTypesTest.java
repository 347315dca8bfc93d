package io.mistersmith.persistence.springai;

class InMemoryMessageTypesTest extends MessageTypesSuite {

  @Override
  Memories memories() {
    return Memories.inMemory();
  }
}
