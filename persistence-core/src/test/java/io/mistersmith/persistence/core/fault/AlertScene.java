package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A runtime under load whose alerts are received, and what faults do to it. */
final class AlertScene implements AutoCloseable {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int CONNECTIONS = 4;

  /** The bucket drops versions that were overwritten, so that few keys would have no age. */
  private static final int KEYS = 10_000;

  /** The limits of a quiet machine would be passed by a busy one without any fault. */
  private static final String LIMITS =
      """
      UPDATE monitoring.alert_thresholds
         SET check_interval = '1 second'
       WHERE metric_name <> 'query_execution_time_ms';
      UPDATE monitoring.alert_thresholds t
         SET warning_threshold = v.warning, critical_threshold = v.critical
        FROM (
          VALUES
            ('health_status', NULL, 2),
            ('consistency_lag_p95_ms', 3000, 60000),
            ('pool_acquisition_p95_ms', 1900, 60000),
            ('pool_usage_percent', 100, NULL),
            ('long_running_transactions_minutes', 0.05, 60),
            ('change_feed_lag_seconds', 5, 300),
            ('xmin_age_transactions', 1000, 100000000)
        ) v (metric, warning, critical)
       WHERE t.metric_name = v.metric;
      """;

  private static final Saga HOPELESS =
      Saga.builder("hopeless", 1)
          .step(failing("first", false).withAttempts(1))
          .step(failing("second", true).withAttempts(1))
          .build();

  private final FaultServers servers;
  private final Installation installation;
  private final List<AlertChange> told = new CopyOnWriteArrayList<>();
  private final MovedClock clock = new MovedClock();
  private final Persistence persistence;
  private final Agent agent = Agent.of("fault", "writer");
  private final AgentId stranger = AgentId.random();
  private final List<Connection> held = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch ended = new CountDownLatch(1);
  private CountDownLatch freed = new CountDownLatch(1);
  private UUID saga = new UUID(0, 0);

  AlertScene(FaultServers servers, Installation installation) {
    this.servers = servers;
    this.installation = installation;
    execute(LIMITS);
    PersistenceConfig config = installation.config();
    this.persistence =
        Persistence.open(
            config.toBuilder()
                .clock(clock)
                .postgres(config.postgres().toBuilder().connections(1, CONNECTIONS).build())
                .monitoring(
                    MonitoringConfig.builder()
                        .checkInterval(Duration.ofSeconds(1))
                        .sink("drill", told::add)
                        .build())
                .build());
    persistence.agents().save(agent);
    AtomicLong number = new AtomicLong();
    load(
        () ->
            persistence
                .states(Long.class)
                .save(StateKey.of(agent.id(), "load" + number.incrementAndGet() % KEYS), 1L));
    load(() -> persistence.operations().deadLetters().count());
  }

  private static SagaStep failing(String name, boolean now) {
    return SagaStep.call(
            name,
            context -> {
              if (now) {
                throw new IllegalStateException("does not work");
              }
              return Map.of();
            })
        .compensatedByCall(
            context -> {
              throw new IllegalStateException("cannot be undone");
            });
  }

  /** Calls again and again until the end, whatever fails. */
  private void load(Runnable call) {
    threads.execute(
        () -> {
          while (ended.getCount() > 0) {
            try {
              call.run();
            } catch (PersistenceException e) {
              // A fault does that; the alerts are what is looked at.
            }
            pause(Duration.ofMillis(50));
          }
        });
  }

  private void pause(Duration time) {
    try {
      boolean unused = ended.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  FaultServers servers() {
    return servers;
  }

  Persistence persistence() {
    return persistence;
  }

  /** Whether the runtime has begun to check its own figures. */
  boolean isWatched() {
    return persistence.operations().alerts().measured().stream()
        .anyMatch(value -> value.metric().equals("health_status"));
  }

  /** What the receiver was told, in order. */
  List<AlertChange> told() {
    return told;
  }

  void execute(String sql) {
    installation.execute(sql);
  }

  /** Has the thresholds of the installation checked, if PostgreSQL answers. */
  void check() {
    runJob("check_alerts");
  }

  void runJob(String name) {
    try {
      assertThat(persistence.operations().upkeep().run(name)).isNotNull();
    } catch (PersistenceException e) {
      // PostgreSQL is what fails.
    }
  }

  /** Opens a transaction that stays open. */
  void hold(String sql) {
    try {
      Connection connection = installation.connect();
      held.add(connection);
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Opens that part of the connections that the server allows. */
  void takeConnections(int percent) {
    try {
      int count = maxConnections() * percent / 100;
      for (int i = 0; i < count; i++) {
        held.add(installation.connect());
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private int maxConnections() throws SQLException {
    try (Connection connection = installation.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW max_connections")) {
      row.next();
      return row.getInt(1);
    }
  }

  /** Closes what was held. */
  void letGo() {
    try {
      for (Connection connection : held) {
        connection.close();
      }
      held.clear();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns what follows a word in the latest message of a metric's alert. */
  private String named(String metric, String word) {
    String message =
        told.stream()
            .map(AlertChange::alert)
            .filter(alert -> alert.metric().equals(metric))
            .reduce((first, second) -> second)
            .orElseThrow()
            .message();
    Matcher matcher = Pattern.compile(word + " (\\S+)").matcher(message);
    assertThat(matcher.find()).as(message).isTrue();
    return matcher.group(1);
  }

  /** Does what the advice about long transactions says. */
  void endNamedSession() {
    execute(
        "SELECT pg_terminate_backend(%s, 5000)"
            .formatted(named("long_running_transactions_minutes", "session")));
    held.clear();
  }

  /** Does what the advice about xmin says: the remedy of the first row. */
  void applyRemedy() {
    execute(persistence.operations().alerts().xminHolders().get(0).remedy());
  }

  /** Does what the advice about bloat says. */
  void removeNamedBloat() {
    execute("REINDEX INDEX CONCURRENTLY " + named("index_bloat_percent", "index"));
    execute("VACUUM FULL " + named("table_bloat_percent", "table"));
    execute("ANALYZE app_bloated");
  }

  void deadlocks(int count) {
    execute(
        """
        CREATE TABLE IF NOT EXISTS app_pair (id INT PRIMARY KEY, n INT);
        INSERT INTO app_pair VALUES (1, 0), (2, 0) ON CONFLICT DO NOTHING
        """);
    for (int i = 0; i < count; i++) {
      CountDownLatch both = new CountDownLatch(2);
      var first = threads.submit(() -> cross(both, 1, 2));
      var second = threads.submit(() -> cross(both, 2, 1));
      await().atMost(SOON).until(() -> first.isDone() && second.isDone());
    }
  }

  private void cross(CountDownLatch both, int one, int other) {
    try (Connection connection = installation.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("UPDATE app_pair SET n = n + 1 WHERE id = " + one);
      both.countDown();
      assertThat(both.await(60, TimeUnit.SECONDS)).isTrue();
      try {
        statement.execute("UPDATE app_pair SET n = n + 1 WHERE id = " + other);
      } catch (SQLException e) {
        assertThat(e.getSQLState()).isEqualTo("40P01");
      }
      connection.rollback();
      connection.setAutoCommit(true);
      statement.execute("SELECT pg_stat_force_next_flush()");
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  void writeOfStranger() {
    persistence.states(Long.class).save(StateKey.of(stranger, "k"), 1L);
  }

  void registerStranger() {
    persistence.agents().save(Agent.of(stranger, "fault", "stranger"));
  }

  void tamper() {
    StateKey key = StateKey.of(agent.id(), "tampered");
    persistence.states(Long.class).save(key, 1L);
    persistence.lifecycle().flush(agent.id(), SOON);
    execute("UPDATE agents.state SET state_value = '2' WHERE state_key LIKE '%tampered'");
  }

  void anHourPasses() {
    clock.advance(Duration.ofMinutes(61));
  }

  void stopSaga() {
    SagaRunner unused =
        persistence.sagas().startRunner(SagaRunner.Options.of(1), List.of(HOPELESS));
    saga = persistence.sagas().start(HOPELESS, SagaStart.of(Map.of()));
    await()
        .atMost(SOON)
        .until(() -> persistence.sagas().find(saga).map(SagaRun::state).orElseThrow().isStopped());
  }

  void giveSagaUp() {
    assertThat(persistence.sagas().giveUp(saga, "of a drill")).isTrue();
  }

  /** Holds all connections of the callers. */
  void exhaustPool() {
    freed = new CountDownLatch(1);
    CountDownLatch end = freed;
    for (int i = 0; i < CONNECTIONS; i++) {
      threads.execute(
          () ->
              persistence
                  .transactions()
                  .run(
                      TransactionOptions.of(Boundary.AGENT_TASK, "hold a connection").toBuilder()
                          .timeout(Duration.ofMinutes(5))
                          .build(),
                      transaction -> {
                        transaction.update("DO $$ BEGIN END $$", Map.of());
                        await().atMost(Duration.ofMinutes(5)).until(() -> end.getCount() == 0);
                        return 0;
                      }));
    }
  }

  void freePool() {
    freed.countDown();
  }

  @Override
  public void close() {
    ended.countDown();
    freed.countDown();
    letGo();
    threads.shutdown();
    persistence.close();
  }
}
