package io.mistersmith.persistence.adk;

import io.mistersmith.persistence.Persistence;

/** {@link ArtifactCases} on real servers. */
class ArtifactCasesIT extends ArtifactCases {

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
