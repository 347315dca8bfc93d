package io.mistersmith.persistence.testkit;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stores that tests share, in memory or on real servers, and the runtimes over them. Each runtime
 * stands for a process of its own: what one has acknowledged, every other one reads. So one suite
 * of tests runs over both kinds of stores.
 *
 * <pre>{@code
 * try (SharedStores stores = SharedStores.onServers("booking-")) {
 *   Agent agent = stores.runtime().agents().save(Agent.of("planner", "Ada")).value();
 *   assertThat(stores.another().agents().find(agent.id())).isPresent();
 * }
 * }</pre>
 *
 * <p>The engine, {@code persistence-core}, must be on the class path. Thread-safe.
 */
public final class SharedStores implements AutoCloseable {

  private static final int ADDRESS_PARTS = 5;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Supplier<Persistence> opening;
  private final List<String> address;
  private final List<Persistence> opened = new ArrayList<>();
  private @Nullable Persistence runtime;
  private @Nullable Persistence another;

  private SharedStores(Supplier<Persistence> opening, List<String> address) {
    this.opening = opening;
    this.address = address;
  }

  /** Returns new and empty stores in memory, which only the runtimes of this object reach. */
  public static SharedStores inMemory() {
    InMemoryStores stores = new InMemoryStores();
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    return new SharedStores(() -> Persistence.open(config, stores), List.of());
  }

  /**
   * Returns the stores of the servers that all tests of this JVM share, see {@link TestServers},
   * and starts these where they do not run yet. The schema is created with the first runtime. The
   * servers end with the JVM, not with this object, and keep what tests wrote before. A request to
   * NATS may take 30 seconds, since machines that run tests are busy.
   *
   * @param namePrefix what the names of the buckets and streams begin with, such as {@code
   *     "booking-"}. Tests with another prefix share the database, and no buckets
   * @throws IllegalStateException when there are no servers and none can be started
   */
  public static SharedStores onServers(String namePrefix) {
    PostgresServer postgres = TestServers.postgres();
    return at(
        List.of(
            TestServers.nats().url(),
            postgres.jdbcUrl(),
            postgres.user(),
            postgres.password().orElse(""),
            namePrefix));
  }

  /**
   * Returns the stores that another process has: in the {@code main} of a {@link
   * io.mistersmith.persistence.testkit.server.ChildJvm}, for tests that kill a process.
   *
   * @param address what {@link #address()} returned in that process
   * @throws IllegalArgumentException when it is no such address
   */
  public static SharedStores at(List<String> address) {
    if (address.size() != ADDRESS_PARTS) {
      throw new IllegalArgumentException(
          "An address has " + ADDRESS_PARTS + " parts, not " + address.size());
    }
    PostgresConfig.Builder database =
        PostgresConfig.builder(address.get(1), address.get(2)).migrateOnOpen();
    if (!address.get(3).isEmpty()) {
      database.password(address.get(3));
    }
    NatsConfig hot =
        NatsConfig.builder(address.get(0).split(","))
            .namePrefix(address.get(4))
            .requestTimeout(PATIENCE)
            .build();
    PersistenceConfig config = PersistenceConfig.builder(hot, database.build()).build();
    return new SharedStores(() -> Persistence.open(config), List.copyOf(address));
  }

  /**
   * Returns the arguments with which a child process reaches these stores by {@link #at}. They
   * contain the password of the database.
   *
   * @throws IllegalStateException for stores in memory, which no other process reaches
   */
  public List<String> address() {
    if (address.isEmpty()) {
      throw new IllegalStateException("No other process reaches stores in memory");
    }
    return address;
  }

  /** Returns the runtime that tests share, which the first call opens. */
  public synchronized Persistence runtime() {
    Persistence shared = runtime;
    if (shared == null) {
      shared = open();
      runtime = shared;
    }
    return shared;
  }

  /** Returns a second runtime that tests share, as that of another process. */
  public synchronized Persistence another() {
    Persistence shared = another;
    if (shared == null) {
      shared = open();
      another = shared;
    }
    return shared;
  }

  /**
   * Opens one more runtime, which has nothing in memory, such as that of a process that was started
   * again. It is closed with these stores; the caller may close it earlier.
   */
  public synchronized Persistence open() {
    Persistence persistence = opening.get();
    opened.add(persistence);
    return persistence;
  }

  /**
   * Closes all runtimes that are still open. Real servers keep the data; what is in memory is gone.
   */
  @Override
  public synchronized void close() {
    opened.forEach(Persistence::close);
    opened.clear();
    runtime = null;
    another = null;
  }
}
