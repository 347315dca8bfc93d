package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/** What the log says of statements that take long, and of connections that are not given back. */
@Isolated("reads the log of other classes' loggers")
class SlowStatementsIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final PostgresDatabase database = PostgresDatabase.create();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger slow = (Logger) LoggerFactory.getLogger(SlowStatements.class);
  private final Logger leaks =
      (Logger) LoggerFactory.getLogger("com.zaxxer.hikari.pool.ProxyLeakTask");

  @BeforeEach
  void listen() {
    log.start();
    slow.addAppender(log);
    leaks.setLevel(Level.WARN);
    leaks.addAppender(log);
  }

  @AfterEach
  void stopListening() {
    slow.detachAppender(log);
    leaks.detachAppender(log);
    leaks.setLevel(null);
  }

  @Test
  void aStatementOver100MillisecondsIsNamedWithoutItsValues() throws Exception {
    AgentId id = AgentId.random();
    try (PostgresStore store = database.open();
        Connection other = database.connect();
        Statement lock = other.createStatement()) {
      assertThat(store.sql().agents().lastHeartbeat(id)).isEmpty();
      other.setAutoCommit(false);
      lock.execute("LOCK TABLE agents.registry");
      CompletableFuture<?> find =
          CompletableFuture.supplyAsync(() -> store.sql().agents().find(id));
      awaitStatementWaitingFor(150);
      other.rollback();
      find.get(60, TimeUnit.SECONDS);

      assertThat(messages())
          .anyMatch(
              line ->
                  line.matches(
                      "slow statement PostgresAgentStore\\.find SELECT took \\d{3,5} ms in the pool"
                          + " primary, over 100 ms"))
          .noneMatch(line -> line.contains("lastHeartbeat"))
          .noneMatch(line -> line.contains(id.toString()));
      assertThat(store.pools().stats().get(0).slowStatements()).isPositive();
    }
  }

  @Test
  void aStatementThatRanIntoItsTimeoutIsSlowToo() throws SQLException {
    PostgresConfig config =
        database.config().toBuilder()
            .role(PRIMARY, role -> role.statementTimeout(Duration.ofMillis(300)))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config);
        Connection other = database.connect();
        Statement lock = other.createStatement()) {
      other.setAutoCommit(false);
      lock.execute("LOCK TABLE agents.registry");

      assertThatThrownBy(() -> store.sql().agents().find(AgentId.random()))
          .isInstanceOf(PersistenceException.class);

      assertThat(messages())
          .anyMatch(
              line ->
                  line.matches(
                      "slow statement PostgresAgentStore.find SELECT took .* and failed with"
                          + " SQLSTATE 57014"));
    }
  }

  @Test
  void valuesAreNeverLoggedWhicheverStatementIsSlow() {
    PostgresConfig all =
        database.config().toBuilder()
            .allRoles(role -> role.slowStatement(Duration.ofNanos(1)))
            .build();
    Agent agent = Agent.of("secret-type", "secret-name").withConfiguration(Map.of("k", "secret"));
    try (PostgresStore store = PostgresDatabase.open(all)) {
      store.sql().agents().save(agent, AgentStore.NONE);
      store
          .sql()
          .inTransaction(
              SqlOptions.of("secret unit").withDeadline(SOON),
              unit -> unit.agents().findAll(List.of(agent.id())));
      store.sql().agents().delete(agent.id(), AgentStore.ANY);
    }

    assertThat(messages())
        .anyMatch(line -> line.startsWith("slow statement PostgresAgentStore.findAll SELECT"))
        .anyMatch(line -> line.matches("slow statement \\S+ COMMIT took .*"))
        .anyMatch(line -> line.matches("PostgresAgentStore.findAll SELECT is: SELECT agent_id.*"))
        .noneMatch(line -> line.contains("secret"))
        .noneMatch(line -> line.contains(agent.id().toString()))
        .noneMatch(line -> line.contains("\n"));
  }

  @Test
  void aStatementHasOneLineInTenSecondsThatCountsTheOthers() {
    AtomicLong now = new AtomicLong();
    SlowStatements statements = new SlowStatements("some", Duration.ofMillis(100), now::get);
    statements.committed(Duration.ofMillis(101).toNanos());
    assertThat(messages()).as("of an open under way").isEmpty();
    statements.begin();
    statements.committed(Duration.ofMillis(99).toNanos());
    assertThat(messages()).isEmpty();

    for (int millis : new int[] {150, 900, 300}) {
      statements.committed(Duration.ofMillis(millis).toNanos());
    }
    assertThat(warnings())
        .singleElement()
        .asString()
        .endsWith(" COMMIT took 150 ms in the pool some, over 100 ms");

    now.addAndGet(Duration.ofSeconds(10).toNanos());
    statements.committed(Duration.ofMillis(200).toNanos());
    assertThat(warnings())
        .hasSize(2)
        .last()
        .asString()
        .endsWith("over 100 ms; 2 more since the last line, of up to 900 ms");
    assertThat(statements.count()).isEqualTo(4);
    SlowStatements off = new SlowStatements("off", Duration.ZERO, now::get);
    off.begin();
    off.committed(Long.MAX_VALUE - 1);
    assertThat(warnings()).hasSize(2);
  }

  @Test
  void aConnectionThatIsNotGivenBackIsReported() throws SQLException {
    PostgresConfig config =
        database.config().toBuilder()
            .role(PRIMARY, role -> role.leakDetection(Duration.ofSeconds(2)))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config);
        Connection leaked = store.dataSource(PRIMARY).getConnection()) {
      assertThat(leaked.isClosed()).isFalse();
      Awaitility.await()
          .atMost(SOON)
          .until(() -> messages().stream().anyMatch(line -> line.contains("leak detection")));

      ILoggingEvent event =
          log.list.stream()
              .filter(line -> line.getFormattedMessage().contains("leak detection"))
              .findFirst()
              .orElseThrow();
      assertThat(event.getThrowableProxy().getStackTraceElementProxyArray())
          .as("the code that holds it")
          .anyMatch(frame -> frame.toString().contains("SlowStatementsIT"));
    }
  }

  private void awaitStatementWaitingFor(int millis) {
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                database
                    .query(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND wait_event_type = 'Lock' AND clock_timestamp() - query_start >"
                            + " interval '"
                            + millis
                            + " ms'")
                    .contains("1"));
  }

  private List<String> messages() {
    return List.copyOf(log.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private List<String> warnings() {
    return List.copyOf(log.list).stream()
        .filter(event -> event.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }
}
