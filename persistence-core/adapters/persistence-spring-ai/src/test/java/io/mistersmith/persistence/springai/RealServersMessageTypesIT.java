package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class RealServersMessageTypesIT extends MessageTypesSuite {

  @Override
  SharedStores openStores() {
    return SharedStores.onServers("spring-ai-");
  }
}
