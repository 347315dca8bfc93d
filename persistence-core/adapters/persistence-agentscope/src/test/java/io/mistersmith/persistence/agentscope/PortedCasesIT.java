package io.mistersmith.persistence.agentscope;

import io.mistersmith.persistence.Persistence;

/** {@link PortedCases} on real servers. */
class PortedCasesIT extends PortedCases {

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
