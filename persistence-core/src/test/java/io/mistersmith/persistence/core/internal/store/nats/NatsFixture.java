package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.api.StreamConfiguration;
import java.lang.module.ModuleDescriptor.Version;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/**
 * Buckets with a name prefix of their own on a real server, one per line of servers for all tests;
 * the durable side is in memory.
 */
final class NatsFixture implements StoresFixture {

  private static final Map<String, NatsServer> SERVERS = new ConcurrentHashMap<>();
  private static final UUID INSTALLATION = UUID.randomUUID();
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
        NatsConfig.builder(server.url()).namePrefix(prefix).build(),
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
    return config -> {
      Stores opened = durable.open(config);
      return new HotOnly(connect(config, opened.sql().journals().installation()), opened);
    };
  }

  /** NATS alone, for an installation that all tests share. */
  static NatsStore connect(PersistenceConfig config) {
    return connect(config, INSTALLATION);
  }

  static NatsStore connect(PersistenceConfig config, UUID installation) {
    return NatsStore.connect(config, installation, new Services(config.listener()));
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
  public boolean limitsBytes() {
    return Version.parse(server.version()).compareTo(Version.parse("2.10.5")) >= 0;
  }

  @Override
  public void newInstallation() {
    durable.newInstallation();
  }

  /** Changes the stream of a bucket, as an operator would. */
  void change(HotBucket bucket, UnaryOperator<StreamConfiguration.Builder> change) {
    try (RawNats raw = RawNats.connect(server)) {
      raw.update("KV_" + bucket.name(), change);
    }
  }

  @Override
  public void unmark(HotBucket bucket) {
    try (RawNats raw = RawNats.connect(server)) {
      raw.update(
          "KV_" + bucket.name(), stream -> stream.metadata(Map.of()).description("an operator's"));
    }
  }

  @Override
  public void close() {
    try (RawNats raw = RawNats.connect(server)) {
      raw.deleteStreamsThatStartWith("KV_" + prefix);
      raw.deleteStreamsThatStartWith(prefix);
    }
  }

  private record HotOnly(NatsStore hot, Stores durable) implements Stores {

    @Override
    public SqlStore sql() {
      return durable.sql();
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
