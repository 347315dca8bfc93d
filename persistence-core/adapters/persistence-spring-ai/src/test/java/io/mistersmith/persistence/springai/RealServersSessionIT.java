package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.testkit.SharedStores;

class RealServersSessionIT extends SessionSuite {

  @Override
  SharedStores openStores() {
    return SharedStores.onServers("spring-ai-");
  }
}
