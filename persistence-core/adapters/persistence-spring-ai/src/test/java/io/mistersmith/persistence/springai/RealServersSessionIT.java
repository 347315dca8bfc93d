package io.mistersmith.persistence.springai;

class RealServersSessionIT extends SessionSuite {

  @Override
  Memories memories() {
    return Memories.onServers();
  }
}
