package io.mistersmith.persistence.springai;

class InMemorySessionTest extends SessionSuite {

  @Override
  Memories memories() {
    return Memories.inMemory();
  }
}
