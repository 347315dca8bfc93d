package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.StateStore.StateSearch;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How PostgreSQL finds agents, events and state among 100,000 rows: none by reading them all. */
@Tag("contract")
class SearchPlansIT {

  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

  /** Each table has more pages than this, and 100,000 rows. */
  private static final int MOST_PAGES = 1_500;

  /** The pages of the whole plan, which come first. */
  private static final Pattern PAGES =
      Pattern.compile("Buffers: shared hit=(\\d+)(?: read=(\\d+))?");

  private static PostgresDatabase database;

  @BeforeAll
  static void fill() {
    database = PostgresDatabase.create("state_search");
    database.execute(
        """
        INSERT INTO agents.registry
               (agent_id, agent_type, agent_name, status, capabilities, last_heartbeat, created_at)
        SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid,
               'type ' || i % 20, 'agent ' || i,
               (CASE WHEN i % 1000 = 0 THEN 'error' WHEN i % 10 = 0 THEN 'idle'
                     ELSE 'active' END)::agents.agent_status_type,
               jsonb_build_object('rank', i % 100, 'tools', jsonb_build_array('t' || i % 5000)),
               CASE WHEN i % 500 > 0 THEN timestamptz '2026-06-01Z' - i % 7 * interval '1 second' END,
               timestamptz '2026-05-01Z'
          FROM generate_series(1, 100000) AS i;
        UPDATE agents.registry
           SET parent_agent_id = '00000000-0000-4000-8000-000000000001'
         WHERE agent_name LIKE 'agent 77__';
        INSERT INTO agents.lifecycle_events
               (agent_id, event_type, previous_status, new_status, created_at)
        SELECT ('00000000-0000-4000-8000-' || lpad((i % 1000 + 1)::text, 12, '0'))::uuid,
               CASE WHEN i % 100 = 0 THEN 'promoted' ELSE 'status_changed' END,
               'idle', (CASE WHEN i % 1000 = 1 THEN 'error' ELSE 'active' END)::agents.agent_status_type,
               timestamptz '2026-05-01Z' + i * interval '1 second'
          FROM generate_series(1, 100000) AS i;
        INSERT INTO agents.state (agent_id, state_key, state_value)
        SELECT ('00000000-0000-4000-8000-' || lpad((i % 1000 + 1)::text, 12, '0'))::uuid,
               '_.k' || i,
               jsonb_build_object('n', i, 'kind', i % 10, 'text', 'word' || i || ' common')
          FROM generate_series(1, 100000) AS i;
        """);
    database.execute("VACUUM ANALYZE agents.registry");
    database.execute("VACUUM ANALYZE agents.lifecycle_events");
    database.execute("VACUUM ANALYZE agents.state");
  }

  static List<AgentQuery> agentQueries() {
    AgentId parent = AgentId.of(UUID.fromString("00000000-0000-4000-8000-000000000001"));
    AgentQuery all = AgentQuery.all();
    return List.of(
        all,
        AgentQuery.active(),
        all.withStatus(Agent.Status.ERROR),
        all.withStatus(Agent.Status.SUSPENDED),
        all.withType("type 3"),
        all.withType("no type"),
        all.withType("type 3").withStatus(Agent.Status.ERROR),
        AgentQuery.childrenOf(parent),
        all.withCapabilities(Map.of("tools", List.of("t77"))),
        all.withCapabilities(Map.of("rank", 7)),
        all.withCapabilities(Map.of("none", 7)),
        AgentQuery.active().silentSince(NOW.minusSeconds(60)),
        all.withStatus(Agent.Status.TERMINATED).silentSince(NOW),
        all.silentSince(NOW.minusSeconds(60)),
        all.withType("type 3").silentSince(NOW.minusSeconds(60)));
  }

  @ParameterizedTest
  @MethodSource("agentQueries")
  void agentsAreFoundByIndexes(AgentQuery query) {
    AgentId after = AgentId.of(UUID.fromString("00000000-0000-4000-8000-000000050000"));
    for (AgentQuery page : List.of(query, query.after(after))) {
      assertIndexed(handle -> AgentSearch.bind(explain(handle, AgentSearch.sql(page)), page));
    }
  }

  static List<EventQuery> eventQueries() {
    return List.of(
        EventQuery.ofType("promoted"),
        EventQuery.ofType("none"),
        EventQuery.ofType("status_changed").withNewStatus(Agent.Status.ERROR),
        EventQuery.toStatus(Agent.Status.ERROR),
        EventQuery.toStatus(Agent.Status.ACTIVE).since(NOW.minusSeconds(60)));
  }

  @ParameterizedTest
  @MethodSource("eventQueries")
  void eventsAreFoundByIndexes(EventQuery query) {
    assertIndexed(handle -> EventSearch.bind(explain(handle, EventSearch.sql(query)), query));
  }

  @Test
  void stateIsFoundByTheIndexesOfItsSet() {
    assertIndexed(search(Optional.of("{\"n\":77}"), Optional.empty()));
    assertIndexed(search(Optional.empty(), Optional.of("word77")));
    assertIndexed(search(Optional.of("{\"n\":77,\"kind\":7}"), Optional.of("word77 common")));
  }

  /** An index that is walked from one end to the other is no better than the table. */
  private static void assertIndexed(Statement statement) {
    String plan = plan(statement);
    Matcher pages = PAGES.matcher(plan);
    assertThat(pages.find()).as(plan).isTrue();
    int hit = Integer.parseInt(pages.group(1));
    int read = pages.group(2) == null ? 0 : Integer.parseInt(pages.group(2));
    assertThat(hit + read).as(plan).isLessThan(MOST_PAGES);
  }

  private static Statement search(Optional<String> part, Optional<String> words) {
    StateSearch wanted =
        new StateSearch(Optional.empty(), "_.", part, words, Optional.empty(), 100, NOW);
    return handle -> StateSearchQuery.bind(explain(handle, StateSearchQuery.sql(wanted)), wanted);
  }

  /** Makes a statement. */
  private interface Statement {
    Query on(Handle handle);
  }

  private static Query explain(Handle handle, String sql) {
    return handle.createQuery("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) " + sql);
  }

  private static String plan(Statement statement) {
    try (Handle handle = Jdbi.open(database.connect())) {
      return String.join("\n", statement.on(handle).mapTo(String.class).list());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
