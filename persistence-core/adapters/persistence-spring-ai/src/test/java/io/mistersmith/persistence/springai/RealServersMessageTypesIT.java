package io.mistersmith.persistence.springai;

class RealServersMessageTypesIT extends MessageTypesSuite {

  @Override
  Memories memories() {
    return Memories.onServers();
  }
}
