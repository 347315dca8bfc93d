package io.mistersmith.persistence.springai;

class RealServersVectorStoreIT extends VectorStoreSuite {

  @Override
  Memories memories() {
    return Memories.onServers();
  }
}
