package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Keys, words and names of queries that would be SQL, JSON paths or expressions if they were put
 * into a statement's text. Such are CVE-2025-67644 and CVE-2026-27022 (filter keys of checkpoints),
 * CVE-2026-22729, CVE-2026-22730 and CVE-2026-40967 (filters of vector stores), and CVE-2026-22738
 * (an expression that is run). Every method of every query that takes text is tried.
 */
@Tag("contract")
class HostileQueriesIT {

  private static final List<String> HOSTILE =
      List.of(
          "x') OR '1'='1",
          "x\" : 1}' OR TRUE OR '{\"",
          "'; DROP TABLE agents.registry CASCADE; --",
          "$.x ? (@ == 1) || true",
          "$.* ? (1 == 1)",
          "a' || (SELECT pg_sleep(30)) || '",
          "T(java.lang.Runtime).getRuntime().exec('id')",
          "#{1 == 1}",
          "${jndi:ldap://127.0.0.1/a}",
          "?::text OR 1 = 1",
          ":name",
          "%' OR state_key LIKE '%");

  /** A query that selects something, and how it is asked. */
  private record Asked(Object query, Function<Object, Collection<?>> find) {}

  @Test
  void noQueryIsChangedByItsValues() throws Exception {
    try (Persistence persistence = open()) {
      OwnedByTenant owned = OwnedByTenant.create(persistence);
      List<String> tried = new ArrayList<>();
      for (Asked asked : queries(persistence, owned)) {
        assertThat(asked.find().apply(asked.query())).as("%s", asked.query()).isNotEmpty();
        for (Method method : asked.query().getClass().getMethods()) {
          for (String text : HOSTILE) {
            Object hostile = hostile(asked.query(), method, text);
            if (hostile != null) {
              assertThat(asked.find().apply(hostile)).as("%s with %s", method, text).isEmpty();
              tried.add(method.getName());
            }
          }
        }
      }
      assertThat(tried)
          .contains("withCapabilities", "containing", "withPart", "ofUser", "matching");
      for (Asked asked : queries(persistence, owned)) {
        assertThat(asked.find().apply(asked.query())).as("%s is there", asked.query()).isNotEmpty();
      }
    }
  }

  private static List<Asked> queries(Persistence persistence, OwnedByTenant owned) {
    return List.of(
        new Asked(AgentQuery.all(), query -> persistence.agents().find((AgentQuery) query)),
        new Asked(
            StateQuery.ofOwner(owned.agent()),
            query -> persistence.states(Integer.class).search((StateQuery) query).keySet()),
        new Asked(
            EventQuery.ofType("started"),
            query -> persistence.lifecycleEvents().find((EventQuery) query)),
        new Asked(
            SessionQuery.ofUser("ada"), query -> persistence.sessions().find((SessionQuery) query)),
        new Asked(TaskQuery.all(), query -> persistence.tasks().find((TaskQuery) query)),
        new Asked(
            MessageQuery.to(owned.agent()),
            query -> persistence.messages().find((MessageQuery) query)),
        new Asked(FactQuery.all(), query -> persistence.knowledge().find((FactQuery) query)),
        new Asked(
            SearchQuery.matching("Oslo"),
            query -> persistence.knowledge().search((SearchQuery) query)),
        new Asked(SagaQuery.all(), query -> persistence.sagas().find((SagaQuery) query)));
  }

  /** The query that a method makes of text; null where it takes none, or refuses it. */
  private static @Nullable Object hostile(Object query, Method method, String text)
      throws IllegalAccessException {
    boolean takesText =
        method.getReturnType() == query.getClass()
            && method.getParameterCount() > 0
            && Arrays.stream(method.getParameterTypes())
                .allMatch(List.of(String.class, Map.class, Object.class)::contains);
    if (!takesText) {
      return null;
    }
    Object[] arguments =
        Arrays.stream(method.getParameterTypes())
            .map(type -> type == String.class ? text : Map.of(text, text))
            .toArray();
    try {
      return method.invoke(query, arguments);
    } catch (InvocationTargetException e) {
      assertThat(e.getCause())
          .as("%s refuses %s", method, text)
          .isInstanceOfAny(IllegalArgumentException.class, NonTransientPersistenceException.class);
      return null;
    }
  }

  private static Persistence open() {
    String jdbcUrl = MigratedDatabase.create();
    PostgresServer server = TestServers.postgres();
    PGSimpleDataSource owner = new PGSimpleDataSource();
    owner.setUrl(jdbcUrl);
    owner.setUser(server.user());
    server.password().ifPresent(owner::setPassword);
    MigrationRunner.builder().dataSource(owner).sets("state_search").build().apply();
    PostgresConfig.Builder postgres = PostgresConfig.builder(jdbcUrl, server.user());
    server.password().ifPresent(postgres::password);
    String prefix = "hostile-" + UUID.randomUUID().toString().substring(0, 8) + "-";
    return Persistence.open(
        PersistenceConfig.builder(
                NatsConfig.builder(TestServers.nats().url()).namePrefix(prefix).build(),
                postgres.build())
            .build());
  }
}
