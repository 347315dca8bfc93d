package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Who owns what: the same in every process, and in every life of a process. */
final class World {

  /** How many processes run at a time. */
  static final int RUNTIMES = 3;

  /** How many threads each of them has. */
  static final int THREADS = 3;

  /** The owner of what all write. */
  static final UUID SHARED = id("shared");

  /** The owner that is not registered. */
  static final UUID UNREGISTERED = id("unregistered");

  private World() {}

  static UUID id(String name) {
    return UUID.nameUUIDFromBytes(("soak " + name).getBytes(StandardCharsets.UTF_8));
  }

  /** The owner of what this thread alone writes. */
  static UUID owner(int runtime, int thread) {
    return id("owner " + runtime + " " + thread);
  }

  /** The agent that this thread alone saves. */
  static UUID saved(int runtime, int thread) {
    return id("saved " + runtime + " " + thread);
  }

  /** The agents that must be registered. */
  static List<UUID> owners() {
    List<UUID> owners = new ArrayList<>(List.of(SHARED));
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
    return StateKey.of(text.substring(0, slash), text.substring(slash + 1));
  }
}
