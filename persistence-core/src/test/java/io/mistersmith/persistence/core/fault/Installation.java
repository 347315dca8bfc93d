package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.KeptSession;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database and a set of buckets of one test's own, on servers that it may share. Looks at the
 * rows over JDBC alone, past the library.
 *
 * @param natsUrl the servers' URLs, separated by commas
 * @param namePrefix the prefix of its buckets
 * @param jdbcUrl its database
 * @param user the role to connect as
 */
record Installation(String natsUrl, String namePrefix, String jdbcUrl, String user) {

  /** Maximum time for the flush to catch up when the faults are over. */
  private static final Duration SETTLED = Duration.ofSeconds(40);

  /** Keeps every transition that took a row or a position back, made by any session. */
  private static final String AUDIT =
      """
      CREATE SCHEMA audit;
      CREATE SEQUENCE audit.updates;
      CREATE TABLE audit.went_back (what TEXT NOT NULL);
      CREATE FUNCTION audit.state() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM nextval('audit.updates');
        IF (NEW.epoch, NEW.version) <= (OLD.epoch, OLD.version) THEN
          INSERT INTO audit.went_back VALUES
            (format('row %s/%s from %s-%s to %s-%s', OLD.agent_id, OLD.state_key,
                    OLD.epoch, OLD.version, NEW.epoch, NEW.version));
        END IF;
        RETURN NULL;
      END $$;
      CREATE FUNCTION audit.position() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.epoch < OLD.epoch OR (NEW.epoch = OLD.epoch AND NEW.sequence <= OLD.sequence) THEN
          INSERT INTO audit.went_back VALUES
            (format('position from %s-%s to %s-%s',
                    OLD.epoch, OLD.sequence, NEW.epoch, NEW.sequence));
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER audit AFTER UPDATE ON agents.state
        FOR EACH ROW EXECUTE FUNCTION audit.state();
      CREATE TRIGGER audit AFTER UPDATE ON agents.journal_positions
        FOR EACH ROW EXECUTE FUNCTION audit.position();
      """;

  /** Brings the database to the bundled version, with these sets, and watches it from then on. */
  Installation migrated(String... sets) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(jdbcUrl);
    source.setUser(user);
    assertThat(MigrationRunner.builder().dataSource(source).sets(sets).build().apply()).isNotNull();
    execute(AUDIT);
    return this;
  }

  /** This installation, reached through other servers of its cluster. */
  Installation at(String otherNatsUrl) {
    return new Installation(otherNatsUrl, namePrefix, jdbcUrl, user);
  }

  /** The same database on another server. */
  Installation on(PostgresServer server) {
    return onAll(server);
  }

  /** The same database on several servers, of which one is the primary. */
  Installation onAll(PostgresServer... servers) {
    String hosts =
        Arrays.stream(servers)
            .map(server -> server.host() + ":" + server.port())
            .collect(Collectors.joining(","));
    String database = jdbcUrl.substring(jdbcUrl.lastIndexOf('/'));
    return new Installation(natsUrl, namePrefix, "jdbc:postgresql://" + hosts + database, user);
  }

  PersistenceConfig config() {
    return PersistenceConfig.builder(
            NatsConfig.builder(natsUrl.split(","))
                .namePrefix(namePrefix)
                .requestTimeout(Duration.ofSeconds(2))
                .build(),
            PostgresConfig.builder(jdbcUrl, user)
                .connections(1, 2)
                .acquireTimeout(Duration.ofSeconds(2))
                .statementTimeout(Duration.ofSeconds(10))
                .build())
        .flush(
            FlushConfig.builder()
                .leaseDuration(Duration.ofSeconds(1))
                .closeDeadline(Duration.ofSeconds(20))
                .build())
        .build();
  }

  Persistence open() {
    return Persistence.open(config());
  }

  /** Compares all entries in KV with their rows. */
  static void assertConsistent(Persistence persistence) {
    assertThat(
            persistence.operations().consistency().check(CheckScope.everything()).inconsistencies())
        .isEmpty();
  }

  /** Opens a runtime whose reads are answered by the stores alone. */
  Persistence openUncached() {
    return Persistence.open(config().toBuilder().cache(CacheConfig.off()).build());
  }

  Persistence open(PersistenceListener listener) {
    return Persistence.open(config().toBuilder().listener(listener).build());
  }

  /**
   * Returns the arguments from which a child process builds this record, followed by {@code more}.
   */
  List<String> asArguments(List<String> more) {
    List<String> arguments = new ArrayList<>(List.of(natsUrl, namePrefix, jdbcUrl, user));
    arguments.addAll(more);
    return arguments;
  }

  /** The full name of the bucket of agent state. */
  String bucket() {
    return namePrefix + "AGENT_STATE";
  }

  /** Registers new agents and returns their ids. */
  List<AgentId> register(Persistence persistence, int count) {
    List<AgentId> agents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Agent agent = Agent.of("fault", "agent " + i);
      persistence.agents().save(agent);
      agents.add(agent.id());
    }
    return agents;
  }

  /** Returns the part of a subject after the bucket, for an entry published past the library. */
  static String tail(AgentId agent, String path) {
    return "%04d.%s.%s".formatted(agent.shard(), agent, path);
  }

  Map<StateKey, Row> rows() {
    Map<StateKey, Row> rows = new HashMap<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT agent_id, state_key, epoch, version, updated_at,
                       CASE WHEN deleted_at IS NULL THEN (state_value #>> '{}')::bigint ELSE -1 END
                  FROM agents.state
                """)) {
      while (row.next()) {
        rows.put(
            StateKey.ofPath(AgentId.of(row.getObject(1, UUID.class)), row.getString(2)),
            new Row(
                new Revision.OfJournal(row.getLong(3), row.getLong(4)),
                row.getLong(6),
                row.getTimestamp(5).toInstant()));
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The row of a key that has one. */
  Row row(StateKey key) {
    return Objects.requireNonNull(rows().get(key), () -> "no row of " + key);
  }

  /** Waits until PostgreSQL has all that was promised; fails with what is missing. */
  Map<StateKey, Row> awaitAll(Ledger ledger) {
    await()
        .atMost(SETTLED)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(
            () -> assertThat(ledger.missingFrom(rows())).as("lost acknowledged writes").isEmpty());
    return rows();
  }

  /** Waits until PostgreSQL has all that was promised, and returns what is missing after that. */
  List<String> awaitMissing(Ledger ledger) {
    long end = System.nanoTime() + SETTLED.toNanos();
    await()
        .atMost(SETTLED.plusSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> ledger.missingFrom(rows()).isEmpty() || System.nanoTime() - end > 0);
    return ledger.missingFrom(rows());
  }

  /** Fails when any row, or the position within its epoch, was ever put back. */
  void assertNothingWentBack() {
    assertThat(wentBack()).as("went back").isEmpty();
  }

  /** Returns the transitions that put a row, or the position within its epoch, back. */
  List<String> wentBack() {
    return query("SELECT what FROM audit.went_back LIMIT 1000");
  }

  /** The sequence that the flush of agent state has reached. */
  long position() {
    return Long.parseLong(
        query("SELECT sequence FROM agents.journal_positions WHERE bucket = '" + bucket() + "'")
            .get(0));
  }

  /** How many updates of rows there were. */
  long updates() {
    return Long.parseLong(query("SELECT last_value FROM audit.updates").get(0));
  }

  /** The first column of what a query answers. */
  List<String> query(String sql) {
    return session().query(sql);
  }

  void execute(String sql) {
    session().execute(sql);
  }

  KeptSession session() {
    return new KeptSession(jdbcUrl, user, "");
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl, user, "");
  }
}
