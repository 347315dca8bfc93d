package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claim;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sagas of two tenants in one database. */
@Tag("contract")
class TenantSagasIT {

  private static final Definition ORDER = new Definition("order", 1);

  private final PostgresDatabase database = PostgresDatabase.create("tenants");
  private final String role = "sagas_" + UUID.randomUUID().toString().replace('-', '_');
  private final UUID tenant = UUID.randomUUID();

  @BeforeEach
  void createRole() {
    database.execute("CREATE ROLE " + role + " LOGIN IN ROLE app_flusher");
  }

  /** A runtime whose connections name this tenant. It reads the sagas of all. */
  private PostgresStore open(UUID named) {
    String url = database.config().jdbcUrl();
    return PostgresDatabase.open(
        PostgresConfig.of(
            url + (url.contains("?") ? "&" : "?") + "options=-c%20app.current_tenant_id=" + named,
            role));
  }

  private static UUID add(PostgresStore store, String key) {
    return store
        .sql()
        .sagas()
        .add(
            new Added(
                UUID.randomUUID(),
                ORDER,
                List.of("reserve"),
                Map.of(),
                "work-1",
                Optional.of(key),
                Optional.empty(),
                Duration.ofMinutes(5)),
            Optional.empty());
  }

  @Test
  void tenantsHaveKeysOfTheirOwn() {
    try (PostgresStore ours = open(tenant);
        PostgresStore theirs = open(UUID.randomUUID())) {
      UUID own = add(ours, "invoice-7");
      UUID other = add(theirs, "invoice-7");
      assertThat(other).isNotEqualTo(own);
      assertThat(add(ours, "invoice-7")).isEqualTo(own);
      assertThat(add(theirs, "invoice-7")).isEqualTo(other);
      assertThat(database.query("SELECT saga_id FROM sagas.runs")).hasSize(2);
    }
  }

  @Test
  void aRuntimeOfAnotherTenantCarriesARunOn() {
    try (PostgresStore ours = open(tenant);
        PostgresStore theirs = open(UUID.randomUUID())) {
      UUID own = add(ours, "invoice-7");
      SagaStore sagas = theirs.sql().sagas();
      Claimed claimed = sagas.claim(new Claim("runner", Set.of(ORDER), 9)).get(0);
      assertThat(claimed.run().id()).isEqualTo(own);
      NewEntry end =
          new NewEntry(
              Event.ENDED, Optional.empty(), 0, Map.of("state", "COMPLETED"), Optional.empty());
      assertThat(sagas.append(claimed.owner(), 1, List.of(end), new Then.End(State.COMPLETED)))
          .isEmpty();
      assertThat(sagas.reopen(own, "undone", Duration.ofMinutes(2))).isTrue();
      assertThat(
              database.query(
                  "SELECT tenant_id FROM sagas.log UNION ALL SELECT tenant_id FROM sagas.open"))
          .containsOnly(tenant.toString())
          .hasSize(3);
    }
  }
}
