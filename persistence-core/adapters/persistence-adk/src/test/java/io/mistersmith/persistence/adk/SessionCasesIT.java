package io.mistersmith.persistence.adk;

import io.mistersmith.persistence.Persistence;

/** {@link SessionCases} on real servers. */
class SessionCasesIT extends SessionCases {

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
