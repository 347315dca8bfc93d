package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.core.OwnPostgres;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A nats-server and a PostgreSQL server of a test class's own, which it may kill.
 *
 * @param templates the databases that are copied, by their sets of migrations
 */
record FaultServers(NatsServer nats, PostgresServer postgres, Map<List<String>, String> templates)
    implements AutoCloseable {

  private static final AtomicInteger NAMES = new AtomicInteger();

  static FaultServers start() {
    NatsServer nats = NatsServer.start(NatsOptions.defaults());
    try {
      return of(nats, OwnPostgres.start());
    } catch (RuntimeException e) {
      nats.close();
      throw e;
    }
  }

  /** Returns servers that run. */
  static FaultServers of(NatsServer nats, PostgresServer postgres) {
    return new FaultServers(nats, postgres, new ConcurrentHashMap<>());
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

  /** A copy of one that is migrated once a server, with an identity of its own. */
  Installation installation(String natsUrl, String... sets) {
    String name = "fault_" + NAMES.incrementAndGet();
    String template = templates.computeIfAbsent(List.of(sets), this::template);
    Installation installation =
        new Installation(
            natsUrl, name + "-", postgres.copyDatabase(template, name), postgres.user());
    installation.execute("SELECT agents.new_installation()");
    return installation;
  }

  private String template(List<String> sets) {
    String name = "template_" + NAMES.incrementAndGet();
    String url = postgres.createDatabase(name);
    Installation migrated = new Installation(nats.url(), name + "-", url, postgres.user());
    migrated.migrated(sets.toArray(String[]::new)).session().end();
    return name;
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
