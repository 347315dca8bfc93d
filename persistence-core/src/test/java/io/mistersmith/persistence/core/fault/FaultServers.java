package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.core.OwnPostgres;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.util.concurrent.atomic.AtomicInteger;

/** A nats-server and a PostgreSQL server of a test class's own, which it may kill. */
record FaultServers(NatsServer nats, PostgresServer postgres) implements AutoCloseable {

  private static final AtomicInteger NAMES = new AtomicInteger();

  static FaultServers start() {
    NatsServer nats = NatsServer.start(NatsOptions.defaults());
    try {
      return new FaultServers(nats, OwnPostgres.start());
    } catch (RuntimeException e) {
      nats.close();
      throw e;
    }
  }

  /** Started at the first use. */
  private static final class Unharmed {
    static final FaultServers SERVERS = start();
  }

  /** Returns servers that several classes share. None may kill or close them. */
  static FaultServers unharmed() {
    return Unharmed.SERVERS;
  }

  /** A migrated database and a prefix for buckets that nobody uses yet. */
  Installation installation() {
    return installation(nats.url());
  }

  Installation installation(String natsUrl, String... sets) {
    String name = "fault_" + NAMES.incrementAndGet();
    return new Installation(natsUrl, name + "-", postgres.createDatabase(name), postgres.user())
        .migrated(sets);
  }

  /** Reports the one line of a test: what it did, and what it counted. */
  void report(String name, String counts) {
    Counts.report(
        "%s nats=%s postgres=%s %s".formatted(name, nats.version(), postgres.version(), counts));
  }

  /** Reports the one line of a test: what it did, its tally, and what else it counted. */
  void report(String name, Tally tally, String more) {
    Counts.report(
        "%s nats=%s postgres=%s".formatted(name, nats.version(), postgres.version()), tally, more);
  }

  @Override
  public void close() {
    try (nats) {
      postgres.close();
    }
  }
}
