package io.mistersmith.persistence.springai;

class RealServersChatMemoryRepositoryIT extends ChatMemoryRepositorySuite {

  @Override
  Memories memories() {
    return Memories.onServers();
  }
}
