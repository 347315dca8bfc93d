package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The owners of keys, the same in every process and after its restart. */
final class World {

  /** How many processes run at a time. */
  static final int RUNTIMES = 3;

  /** How many threads each of them has. */
  static final int THREADS = 3;

  /** The owner of the keys that all threads write. */
  static final AgentId SHARED = id("shared");

  /** The owner that is not registered. */
  static final AgentId UNREGISTERED = id("unregistered");

  private World() {}

  static AgentId id(String name) {
    return AgentId.of(UUID.nameUUIDFromBytes(("soak " + name).getBytes(StandardCharsets.UTF_8)));
  }

  /** The owner of the keys that this thread alone writes. */
  static AgentId owner(int runtime, int thread) {
    return id("owner " + runtime + " " + thread);
  }

  /** The agent that this thread alone saves. */
  static AgentId saved(int runtime, int thread) {
    return id("saved " + runtime + " " + thread);
  }

  /** The agents that must be registered. */
  static List<AgentId> owners() {
    List<AgentId> owners = new ArrayList<>(List.of(SHARED));
    for (int runtime = 0; runtime < RUNTIMES; runtime++) {
      for (int thread = 0; thread < THREADS; thread++) {
        owners.add(owner(runtime, thread));
      }
    }
    return owners;
  }

  /** A key as the ledger has it. */
  static StateKey key(String text) {
    int slash = text.indexOf('/');
    return StateKey.of(AgentId.parse(text.substring(0, slash)), text.substring(slash + 1));
  }
}
