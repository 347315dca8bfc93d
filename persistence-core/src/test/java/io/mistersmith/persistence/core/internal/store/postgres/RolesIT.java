package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.BACKGROUND;
import static io.mistersmith.persistence.model.PostgresRole.FLUSH;
import static io.mistersmith.persistence.model.PostgresRole.MIGRATION;
import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Each role with a user of its own: the owner of the tables migrates and maintains them, and the
 * users of callers and of the flush have the grants of docs/connections.md, and no more.
 */
@Tag("contract")
class RolesIT {

  private static final String BUCKET = "TEST";

  private final String suffix = UUID.randomUUID().toString().substring(0, 8);
  private final String owner = "owner_" + suffix;
  private final String caller = "caller_" + suffix;
  private final String flusher = "flusher_" + suffix;
  private final PostgresDatabase database = PostgresDatabase.createEmpty();
  private final ManualClock clock = ManualClock.create();

  @Test
  void eachRoleWorksAsItsOwnUserWithTheLeastPrivileges() throws SQLException {
    prepare();
    PostgresConfig config = config().build();
    SchemaMigration.apply(config);
    grant();
    try (PostgresStore store = open(config)) {
      Agent agent = Agent.of("worker", "one");
      assertThat(store.sql().agents().save(agent, AgentStore.NONE).version()).isEqualTo(1);
      Instant beat = Instant.parse("2026-03-01T10:00:00Z");
      store.sql().on(BACKGROUND).agents().heartbeats(Map.of(agent.id(), beat));
      assertThat(store.sql().agents().lastHeartbeat(agent.id())).contains(beat);
      JournalPosition start =
          store.sql().journals().startEpoch(BUCKET, Optional.empty(), 1, beat, "first");
      assertThat(
              store
                  .sql()
                  .journals()
                  .apply(
                      start,
                      start.advancedTo(1, Changes.WRITTEN),
                      List.of(Changes.put(agent.id(), "a", "1", start.epoch(), 1))))
          .isInstanceOf(ApplyResult.Applied.class);
      assertThat(store.sql().on(BACKGROUND).states().sweep(Duration.ofDays(1))).isZero();
      assertThat(store.sql().on(BACKGROUND).states().count()).isEqualTo(1);
      maintainsPartitions();

      assertThat(users())
          .containsExactly("background " + owner, "flush " + flusher, "primary " + caller);
      for (String change :
          List.of("CREATE TABLE agents.more (id INT)", "DROP TABLE agents.state")) {
        assertThatThrownBy(() -> execute(store, change))
            .isInstanceOf(SQLException.class)
            .extracting(thrown -> ((SQLException) thrown).getSQLState())
            .isEqualTo("42501");
      }
      assertThat(store.sql().agents().delete(agent.id(), AgentStore.ANY)).isTrue();
    }
  }

  @Test
  void theMigrationsUseTheirOwnUrlAndUser() {
    prepare();
    // The database itself tells who came by which way.
    database.execute(
        """
        CREATE TABLE public.ways (way TEXT, who TEXT);
        GRANT INSERT ON public.ways TO PUBLIC;
        CREATE FUNCTION public.note_way() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO public.ways VALUES (current_setting('app.way', true), session_user);
        END $$;
        CREATE EVENT TRIGGER note_way ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
          EXECUTE FUNCTION public.note_way()
        """);
    String url = database.config().jdbcUrl();
    PostgresConfig config =
        config()
            .role(MIGRATION, role -> role.jdbcUrl(url + "?options=-c%20app.way=direct"))
            .build();

    SchemaMigration.apply(config);

    assertThat(database.query("SELECT DISTINCT way || ' ' || who FROM public.ways"))
        .containsExactly("direct " + owner);
    assertThat(
            database.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'agents'"))
        .containsExactly(owner);
  }

  @Test
  void aRoleWithoutItsGrantsIsNamedAtOpen() {
    prepare();
    PostgresConfig config = config().build();
    SchemaMigration.apply(config);
    grant();
    database.execute("REVOKE ALL ON ALL TABLES IN SCHEMA agents FROM " + flusher);

    assertThatThrownBy(() -> open(config).close())
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.ACCESS_DENIED))
        .hasMessageContaining("as FLUSH");
  }

  /** With several servers, a refusal must not pass for the lack of a primary. */
  @Test
  void aRefusalIsNamedAtOpenWithSeveralServersToo() {
    PostgresConfig config = PostgresDatabase.create().config();
    String url = config.jdbcUrl();
    String host = url.substring(url.indexOf("//") + 2, url.lastIndexOf('/'));
    String several = url.replace(host, host + "," + host.replaceAll(".*:", "127.0.0.2:"));
    assertThat(HostAddress.of(several)).hasSize(2);

    assertThatThrownBy(
            () ->
                PostgresDatabase.open(
                    config.toBuilder().jdbcUrl(several).user("nobody_" + suffix).build()))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.ACCESS_DENIED));
    assertThatThrownBy(
            () ->
                PostgresDatabase.open(
                    config.toBuilder().jdbcUrl(several.replaceAll("[^/]*$", "nothing")).build()))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("no such database");
  }

  @Test
  void aRoleWhoseUserIsUnknownIsNamedAtOpen() {
    prepare();
    PostgresConfig config = config().build();
    SchemaMigration.apply(config);
    grant();

    assertThatThrownBy(
            () ->
                open(config.toBuilder()
                        .role(BACKGROUND, role -> role.user("nobody_" + suffix))
                        .build())
                    .close())
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.ACCESS_DENIED))
        .hasMessageContaining("open the pool background")
        .hasMessageContaining("user=nobody_" + suffix);
  }

  private void maintainsPartitions() {
    database.execute(
        """
        SET ROLE %s;
        SELECT partitions.register('agents.lifecycle_events', '1 month', 2);
        UPDATE partitions.settings SET last_outcome = NULL
        """
            .formatted(owner));
    clock.advance(Duration.ofHours(1));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                database
                    .query("SELECT DISTINCT coalesce(last_outcome, '-') FROM partitions.settings")
                    .equals(List.of("done")));
  }

  private void prepare() {
    String name = database.query("SELECT current_database()").get(0);
    database.execute(
        """
        CREATE ROLE %1$s LOGIN PASSWORD 'owner';
        CREATE ROLE %2$s LOGIN PASSWORD 'caller';
        CREATE ROLE %3$s LOGIN PASSWORD 'flusher';
        ALTER DATABASE %4$s OWNER TO %1$s
        """
            .formatted(owner, caller, flusher, name));
  }

  private void grant() {
    database.execute(
        """
        GRANT USAGE ON SCHEMA agents TO %1$s, %2$s;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA agents TO %1$s, %2$s;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA agents TO %1$s, %2$s
        """
            .formatted(caller, flusher));
  }

  private PostgresConfig.Builder config() {
    return PostgresConfig.builder(database.config().jdbcUrl(), caller)
        .password("caller")
        .role(FLUSH, role -> role.user(flusher).password("flusher"))
        .role(BACKGROUND, role -> role.user(owner).password("owner"))
        .role(MIGRATION, role -> role.user(owner).password("owner"));
  }

  private PostgresStore open(PostgresConfig config) {
    return PostgresStore.open(
        PersistenceConfig.builder(NatsConfig.of("nats://unused.invalid"), config)
            .clock(clock)
            .build());
  }

  private static void execute(PostgresStore store, String sql) throws SQLException {
    try (Connection connection = store.dataSource(PRIMARY).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private List<String> users() {
    return database.query(
        """
        SELECT DISTINCT regexp_replace(application_name, '.*/', '') || ' ' || usename
          FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE 'runtime-%'
           AND application_name NOT LIKE '%/watch'
         ORDER BY 1
        """);
  }
}
