package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.Persistence;

/** {@link ConversationCases} on real servers. */
class ConversationCasesIT extends ConversationCases {

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

  @Override
  int turns() {
    return 200;
  }
}
