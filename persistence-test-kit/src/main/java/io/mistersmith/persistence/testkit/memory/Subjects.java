package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import java.util.Optional;

/**
 * The subjects of one bucket: {@code $KV.<bucket>.<agent>.<key>}, where the agent is one token (its
 * dots and per cents are escaped) and the key is the rest as it stands.
 */
final class Subjects {

  private final String root;

  Subjects(String bucket) {
    this.root = "$KV." + bucket + ".";
  }

  String root() {
    return root;
  }

  String of(StateKey key) {
    return ofAgent(key.agent()) + key.key();
  }

  /** What all subjects of the agent start with, and no others. */
  String ofAgent(String agent) {
    return root + agent.replace("%", "%25").replace(".", "%2E") + ".";
  }

  /** The key of a subject; empty when {@link #of} makes no such subject. */
  Optional<StateKey> key(String subject) {
    int dot = subject.indexOf('.', root.length());
    if (dot < 0) {
      return Optional.empty();
    }
    String agent = subject.substring(root.length(), dot).replace("%2E", ".").replace("%25", "%");
    try {
      StateKey key = new StateKey(agent, subject.substring(dot + 1));
      return of(key).equals(subject) ? Optional.of(key) : Optional.empty();
    } catch (PersistenceException e) {
      return Optional.empty();
    }
  }
}
