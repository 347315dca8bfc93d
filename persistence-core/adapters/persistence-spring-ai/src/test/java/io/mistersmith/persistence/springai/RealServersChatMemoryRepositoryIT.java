package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class RealServersChatMemoryRepositoryIT extends ChatMemoryRepositorySuite {

  @Override
  SharedStores openStores() {
    return SharedStores.onServers("spring-ai-");
  }
}
