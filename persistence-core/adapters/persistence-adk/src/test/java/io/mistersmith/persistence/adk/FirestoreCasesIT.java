package io.mistersmith.persistence.adk;

import io.mistersmith.persistence.Persistence;

/** {@link FirestoreCases} on real servers. */
class FirestoreCasesIT extends FirestoreCases {

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
