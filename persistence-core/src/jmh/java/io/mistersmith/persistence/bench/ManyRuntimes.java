package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.state.consistency.EngineConsistency;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures what one more runtime costs the servers: opens so many runtimes in this process, lets
 * each read one key of an agent of its own until its memory answers, and counts while all are idle
 * and while one of them writes 500 entries a second of an agent that no other has read, or that all
 * hold in memory. Messages are those that nats-server says it sent, transactions those that
 * PostgreSQL counted in the database.
 */
public final class ManyRuntimes {

  /** By then the sessions have reported what they did at first, and partitions were looked at. */
  private static final Duration SETTLE = Duration.ofSeconds(40);

  private static final Duration STRETCH = Duration.ofSeconds(10);
  private static final int WRITES_A_SECOND = 500;
  private static final String COUNTS = "-bench=";

  /** After a number of runtimes: all of them hold the agent that is written. */
  private static final String HELD = "held";

  private static final Pattern SENT = Pattern.compile("\"out_msgs\":\\s*(\\d+)");

  private static final String TRANSACTIONS =
      "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";

  private final PostgresServer postgres;
  private final NatsServer nats;
  private final URI monitoring;
  private final HttpClient http = HttpClient.newHttpClient();

  private ManyRuntimes(PostgresServer postgres, NatsServer nats, int monitoringPort) {
    this.postgres = postgres;
    this.nats = nats;
    this.monitoring = URI.create("http://127.0.0.1:" + monitoringPort + "/varz");
  }

  /** The messages that NATS sent, and the transactions in PostgreSQL. */
  private record Counts(long messages, long transactions) {}

  /**
   * Measures with as many runtimes as {@code -bench=} says, 1, 8, 32, and 32 that hold the written
   * agent, if it says nothing.
   *
   * @param arguments {@code -bench=1,8,32,32held}; others are ignored
   */
  public static void main(String[] arguments) throws Exception {
    int port = freePort();
    NatsOptions options = NatsOptions.defaults().withConfigLine("http: \"127.0.0.1:" + port + "\"");
    try (NatsServer nats = NatsServer.start(options)) {
      ManyRuntimes measurement = new ManyRuntimes(TestServers.postgres(), nats, port);
      System.out.printf(
          "%8s %12s %18s %18s %16s %16s%n",
          "runtimes", "messages", "transactions/s", "transactions/s", "messages/s", "wake-ups/s");
      System.out.printf(
          "%8s %12s %18s %18s %16s %16s%n",
          "", "a write", "idle", "idle, a runtime", "idle", "idle, a runtime");
      for (String count : counts(arguments)) {
        boolean held = count.endsWith(HELD);
        measurement.measure(Integer.parseInt(count.replace(HELD, "")), held);
      }
    }
  }

  private static List<String> counts(String[] arguments) {
    return Arrays.stream(arguments)
        .filter(argument -> argument.startsWith(COUNTS) && argument.length() > COUNTS.length())
        .findFirst()
        .map(argument -> List.of(argument.substring(COUNTS.length()).split(",")))
        .orElse(List.of("1", "8", "32", "32" + HELD));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void measure(int runtimes, boolean held) throws Exception {
    String name = "runtimes_" + runtimes + (held ? HELD : "") + "_" + ProcessHandle.current().pid();
    PostgresConfig database =
        PostgresConfig.builder(postgres.createDatabase(name), postgres.user())
            .connections(1, 2)
            .build();
    PersistenceConfig config =
        PersistenceConfig.builder(
                NatsConfig.builder(nats.url()).namePrefix(name + "-").build(),
                postgres
                    .password()
                    .map(secret -> database.toBuilder().password(secret).build())
                    .orElse(database)
                    .toBuilder()
                    .migrateOnOpen()
                    .build())
            .build();
    List<Persistence> open = new ArrayList<>();
    try (Connection counting =
        DriverManager.getConnection(
            database.jdbcUrl(), postgres.user(), postgres.password().orElse(""))) {
      for (int i = 0; i < runtimes; i++) {
        open.add(Persistence.open(config));
        readOnce(open.get(i), StateKey.of(register(open.get(i)), "key"));
      }
      AgentId written = register(open.get(0));
      for (Persistence each : held ? open : List.<Persistence>of()) {
        readOnce(each, StateKey.of(written, "key-0"));
      }
      report(runtimes + (held ? HELD : ""), open.get(0), written, counting);
    } finally {
      for (int i = open.size() - 1; i >= 0; i--) {
        open.get(i).close();
      }
    }
  }

  /** Reads until the runtime answers from its memory. */
  private static void readOnce(Persistence persistence, StateKey key) {
    StateRepository<String> states = persistence.states(String.class);
    states.save(key, "value", SaveOptions.unconditional());
    while (states.find(key).orElseThrow().layer() != StorageLayer.MEMORY_CACHE) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private static AgentId register(Persistence persistence) {
    return persistence.agents().save(Agent.of("worker", "one")).value().id();
  }

  private void report(String runtimes, Persistence writer, AgentId agent, Connection counting)
      throws Exception {
    TimeUnit.NANOSECONDS.sleep(SETTLE.toNanos());
    Services services = ((EngineConsistency) writer.operations().consistency()).services();
    Counts before = counts(counting);
    long slept = services.wakeUps();
    TimeUnit.NANOSECONDS.sleep(STRETCH.toNanos());
    long awake = services.wakeUps();
    Counts idle = counts(counting);
    long written = write(writer, agent);
    Counts after = counts(counting);
    double seconds = STRETCH.toMillis() / 1000.0;
    double idleMessages = idle.messages() - before.messages();
    double transactions = (idle.transactions() - before.transactions()) / seconds;
    System.out.printf(
        Locale.ROOT,
        "%8s %12.2f %18.2f %18.3f %16.1f %16.1f%n",
        runtimes,
        (after.messages() - idle.messages()) / (double) written,
        transactions,
        transactions / Integer.parseInt(runtimes.replace(HELD, "")),
        idleMessages / seconds,
        (awake - slept) / seconds);
  }

  private static long write(Persistence persistence, AgentId agent) {
    StateRepository<String> states = persistence.states(String.class);
    long begin = System.nanoTime();
    long pause = TimeUnit.SECONDS.toNanos(1) / WRITES_A_SECOND;
    long written = 0;
    for (long due = begin; due - begin < STRETCH.toNanos(); due += pause) {
      long left = due - System.nanoTime();
      if (left > 0) {
        LockSupport.parkNanos(left);
      }
      states.save(
          StateKey.of(agent, "key-" + written % 100),
          "value " + written,
          SaveOptions.unconditional());
      written++;
    }
    return written;
  }

  private Counts counts(Connection counting) throws Exception {
    String varz =
        http.send(HttpRequest.newBuilder(monitoring).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    Matcher sent = SENT.matcher(varz);
    if (!sent.find()) {
      throw new IllegalStateException("nats-server's /varz names no out_msgs: " + varz);
    }
    return new Counts(Long.parseLong(sent.group(1)), transactions(counting));
  }

  private static long transactions(Connection counting) throws SQLException {
    try (var statement = counting.createStatement();
        ResultSet rows = statement.executeQuery(TRANSACTIONS)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
