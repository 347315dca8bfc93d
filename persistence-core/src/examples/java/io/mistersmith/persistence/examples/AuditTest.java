package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditQuery;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who changed what. */
class AuditTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  @Test
  void namesTheWriterOfAnEntry() {
    InMemoryStores stores = new InMemoryStores();
    stores.migrate("audit");
    try (Persistence persistence = Persistence.open(config, stores)) {
      AgentId agent = persistence.agents().save(Agent.of("planner", "one")).value().id();
      StateRepository<String> plans = persistence.states(String.class);
      StateKey key = StateKey.of(agent, "plan");

      Actor user = Actor.of("user-17").withCorrelationId("request-9");
      user.run(() -> plans.save(key, "by train"));

      await()
          .atMost(SOON)
          .until(() -> !persistence.audit().find(AuditQuery.ofEntry(key)).isEmpty());
      AuditQuery query = AuditQuery.ofAgent(agent).by("user-17").withLimit(50);
      List<AuditChange> page = persistence.audit().find(query); // latest first
      AuditChange last = page.get(page.size() - 1);
      List<AuditChange> next = persistence.audit().find(query.after(last));

      assertThat(last.writer().correlationId()).contains("request-9");
      assertThat(next).isEmpty();
    }
  }
}
