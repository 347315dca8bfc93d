package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.Locale;
import java.util.Optional;

/**
 * The subjects of one bucket: {@code $KV.<bucket>.<shard>.<agent>.<type>.<key>}, where the shard
 * has four digits, the agent is one token (its dots and per cents are escaped) and the key is the
 * rest as it is.
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
    return ofAgent(key.agent()) + key.path();
  }

  /** Returns the prefix of all subjects of the agent, and of no others. */
  String ofAgent(AgentId agent) {
    return ofShard(agent.shard()) + agent.toString().replace("%", "%25").replace(".", "%2E") + ".";
  }

  /** Returns the prefix of all subjects of the shard, and of no others. */
  String ofShard(int shard) {
    return root + String.format(Locale.ROOT, "%04d.", shard);
  }

  /** The part of a subject of this bucket up to the end of its shard; empty without one. */
  String shardPart(String subject) {
    return subject.substring(0, subject.indexOf('.', root.length()) + 1);
  }

  /** The key of a subject; empty when {@link #of} makes no such subject. */
  Optional<StateKey> key(String subject) {
    int shardEnd = subject.indexOf('.', root.length());
    int agentEnd = subject.indexOf('.', shardEnd + 1);
    if (shardEnd < 0 || agentEnd < 0) {
      return Optional.empty();
    }
    String agent =
        subject.substring(shardEnd + 1, agentEnd).replace("%2E", ".").replace("%25", "%");
    try {
      StateKey key = StateKey.ofPath(AgentId.parse(agent), subject.substring(agentEnd + 1));
      return of(key).equals(subject) ? Optional.of(key) : Optional.empty();
    } catch (PersistenceException e) {
      return Optional.empty();
    }
  }
}
