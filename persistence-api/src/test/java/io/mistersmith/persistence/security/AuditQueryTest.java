package io.mistersmith.persistence.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditQueryTest {

  @Test
  void conditionsAddUp() {
    AgentId agent = AgentId.random();
    StateKey key = StateKey.of(agent, "k");
    Instant time = Instant.parse("2026-01-02T03:04:05.123456789Z");
    AuditQuery query =
        AuditQuery.ofEntry(key)
            .by("ann")
            .inRequest("r")
            .since(time)
            .until(time.plusSeconds(1))
            .withLimit(7);
    assertThat(query.subject()).contains(agent.uuid());
    assertThat(query.path()).contains(key.path());
    assertThat(query.actor()).contains("ann");
    assertThat(query.correlationId()).contains("r");
    assertThat(query.since()).contains(Instant.parse("2026-01-02T03:04:05.123456Z"));
    assertThat(query.until()).contains(Instant.parse("2026-01-02T03:04:06.123456Z"));
    assertThat(query.limit()).isEqualTo(7);
    assertThat(query.after()).isEmpty();
  }

  @Test
  void eachQueryBeginsWithoutOtherConditions() {
    UUID task = UUID.randomUUID();
    assertThat(AuditQuery.ofTask(task).subject()).contains(task);
    assertThat(AuditQuery.ofAgent(AgentId.external("u")).path()).isEmpty();
    assertThat(AuditQuery.all().subject()).isEmpty();
    assertThat(AuditQuery.all().limit()).isEqualTo(100);
  }

  @Test
  void textOfAChangeHasNoValues() {
    AuditChange change =
        new AuditChange(
            UUID.randomUUID(),
            Instant.EPOCH,
            "agents.state",
            AuditChange.Kind.UPDATE,
            "{\"state_key\": \"k\"}",
            new AuditChange.Writer(
                "app",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1,
                Optional.of("ann"),
                Optional.empty()),
            Optional.of("hidden"),
            Optional.of("hidden"),
            Optional.of("hidden"));
    assertThat(change.toString()).contains("UPDATE", "agents.state", "k", "ann");
    assertThat(change.toString()).doesNotContain("hidden");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, AuditQuery.MAX_LIMIT + 1})
  void limitIsBounded(int limit) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AuditQuery.all().withLimit(limit))
        .withMessageContaining("1 to " + AuditQuery.MAX_LIMIT);
  }
}
