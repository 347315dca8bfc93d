package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalStore;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * Buckets with a name prefix of their own on a real server, one per line of servers for all tests;
 * the durable side is in memory.
 */
final class NatsFixture implements StoresFixture {

  private static final Map<String, NatsServer> SERVERS = new ConcurrentHashMap<>();
  private static final AtomicInteger FIXTURES = new AtomicInteger();

  private final NatsServer server;
  private final InMemoryStores durable = new InMemoryStores();
  private final String prefix =
      "t" + ProcessHandle.current().pid() + "-" + FIXTURES.incrementAndGet() + "-";

  /** On a server of the caller's own. */
  NatsFixture(NatsServer server) {
    this.server = server;
  }

  NatsFixture(String line) {
    this.server =
        SERVERS.computeIfAbsent(
            line, name -> NatsServer.start(NatsOptions.defaults().withLine(name)));
  }

  static PersistenceConfig.Builder config(NatsServer server, String prefix) {
    return PersistenceConfig.builder(
        NatsConfig.of(server.url()).withNamePrefix(prefix),
        PostgresConfig.of("jdbc:postgresql://none.invalid/none", "nobody"));
  }

  @Override
  public PersistenceConfig.Builder config() {
    return config(server, prefix);
  }

  @Override
  public StoreProvider provider() {
    return provider(durable);
  }

  /** NATS, with a durable side in memory. */
  static StoreProvider provider(InMemoryStores durable) {
    return config -> new HotOnly(NatsStore.connect(config), durable.open(config));
  }

  @Override
  public void elapse(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    Awaitility.await().atMost(time.plusSeconds(5)).until(() -> System.nanoTime() >= end);
  }

  @Override
  public void publishRaw(HotBucket bucket, String subject, byte[] value) {
    try (RawNats raw = RawNats.connect(server)) {
      raw.publish(subject, value);
    }
  }

  @Override
  public void close() {
    try (RawNats raw = RawNats.connect(server)) {
      raw.deleteStreamsThatStartWith("KV_" + prefix);
    }
  }

  private record HotOnly(NatsStore hot, Stores durable) implements Stores {

    @Override
    public HotBucket bucket(Bucket bucket) {
      return hot.bucket(bucket);
    }

    @Override
    public AgentStore agents() {
      return durable.agents();
    }

    @Override
    public StateStore states() {
      return durable.states();
    }

    @Override
    public JournalStore journals() {
      return durable.journals();
    }

    @Override
    public DeadLetterStore deadLetters() {
      return durable.deadLetters();
    }

    @Override
    public CheckpointStore checkpoints() {
      return durable.checkpoints();
    }

    @Override
    public LifecycleEventStore lifecycleEvents() {
      return durable.lifecycleEvents();
    }

    @Override
    public void onReconnect(Runnable action) {
      hot.onReconnect(action);
    }

    @Override
    public Clock clock() {
      return hot.clock();
    }

    @Override
    public List<String> notices() {
      return hot.notices();
    }

    @Override
    public void close() {
      hot.close();
      durable.close();
    }
  }
}
