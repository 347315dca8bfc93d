package io.mistersmith.persistence.springai;

class InMemoryConversationTest extends ConversationSuite {

  @Override
  Memories memories() {
    return Memories.inMemory();
  }
}
