package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class RealServersVectorStoreIT extends VectorStoreSuite {

  @Override
  SharedStores openStores() {
    return SharedStores.onServers("spring-ai-");
  }
}
