package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.KeyValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A runtime of the library and, on the same bucket, a connection of jnats' own, each with keys that
 * only it writes. So whatever the bucket costs, and the flush behind it, both pay. Open until the
 * experiment that it belongs to is over.
 */
final class Workbench implements AutoCloseable {

  static final int KEYS = 1_000;
  private static final int AGENTS = 10;

  final Persistence persistence;
  final StateRepository<Memory> states;
  final Connection connection;
  final KeyValue bucket;
  final JetStream jetStream;
  final StateKey[] keys;
  final Revision[] revisions;
  final String[] rawKeys;
  final String[] subjects;
  final long[] rawRevisions;
  final Memory value = Memory.large(7);
  final byte[] json = value.json();
  private final StateKey settling;

  private Workbench(String name, UnaryOperator<PersistenceConfig.Builder> settings) {
    Site site = Site.present();
    String prefix = name + "-" + ProcessHandle.current().pid() + "-";
    persistence = Persistence.open(settings.apply(site.config(prefix)).build());
    states = persistence.states(Memory.class);
    connection = site.nats();
    List<StateKey> ours = keys(persistence, AGENTS, KEYS);
    List<StateKey> theirs = keys(persistence, AGENTS, KEYS);
    settling = StateKey.of(ours.get(0).agent(), "settling");
    keys = ours.toArray(StateKey[]::new);
    revisions = new Revision[KEYS];
    rawKeys = theirs.stream().map(Workbench::plain).toArray(String[]::new);
    rawRevisions = new long[KEYS];
    try {
      bucket = connection.keyValue(prefix + "AGENT_STATE");
      jetStream = connection.jetStream();
      subjects = new String[KEYS];
      for (int i = 0; i < KEYS; i++) {
        subjects[i] = "$KV." + prefix + "AGENT_STATE." + rawKeys[i];
        revisions[i] = states.save(keys[i], value).revision();
        rawRevisions[i] = bucket.put(rawKeys[i], json);
      }
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The workbench of this name, opened at the first call. */
  static Workbench of(String name, UnaryOperator<PersistenceConfig.Builder> settings) {
    return Opened.get(name, () -> new Workbench(name, settings));
  }

  static Workbench shared() {
    return of("shared", config -> config);
  }

  /** Keys of new agents. */
  static List<StateKey> keys(Persistence persistence, int agents, int count) {
    List<StateKey> keys = new ArrayList<>(count);
    for (int agent = 0; agent < agents; agent++) {
      Agent registered = persistence.agents().save(Agent.of("bench", "agent " + agent)).value();
      for (int key = 0; key < count / agents; key++) {
        keys.add(StateKey.of(registered.id(), "memory-" + key));
      }
    }
    return keys;
  }

  /** The key as NATS has it; these need no encoding. */
  static String plain(StateKey key) {
    return "%04d.%s.%s".formatted(key.agent().shard(), key.agent(), key.path());
  }

  /** Waits until PostgreSQL has whatever was written by anybody, so that nothing is under way. */
  void settle() {
    states.save(
        settling, value, SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED));
  }

  @Override
  public void close() {
    persistence.close();
    Site.close(connection);
  }
}
