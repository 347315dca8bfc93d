package io.mistersmith.persistence.springai;

class RealServersConversationIT extends ConversationSuite {

  @Override
  Memories memories() {
    return Memories.onServers();
  }
}
