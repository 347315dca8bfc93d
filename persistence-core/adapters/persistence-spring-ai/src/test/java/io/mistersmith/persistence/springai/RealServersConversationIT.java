package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class RealServersConversationIT extends ConversationSuite {

  @Override
  SharedStores openStores() {
    return SharedStores.onServers("spring-ai-");
  }
}
