package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.Persistence;

/** {@link PushConfigCases} on real servers. */
class PushConfigCasesIT extends PushConfigCases {

  @Override
  Persistence runtime() {
    return RealServers.runtime();
  }

  @Override
  Persistence another() {
    return RealServers.another();
  }

  @Override
  Persistence restarted() {
    return RealServers.restarted();
  }
}
