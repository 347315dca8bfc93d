package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.Persistence;

/** {@link TaskCases} on real servers. */
class TaskCasesIT extends TaskCases {

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
