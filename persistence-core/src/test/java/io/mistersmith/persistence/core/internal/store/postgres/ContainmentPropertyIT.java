package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.StateStore.StateSearch;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Random documents and parts: the in-memory store finds what PostgreSQL finds, in its order. */
@Tag("contract")
@SuppressWarnings("NullAway.Init") // open() runs before any property
class ContainmentPropertyIT {

  private static final int DOCUMENTS = 60;
  private static final int PARTS = 40;
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final AgentId OWNER = AgentId.external("random");

  private static PostgresFixture fixture;
  private static Stores postgres;
  private static Stores memory;
  private static long sequence;

  @BeforeContainer
  static void open() {
    fixture = PostgresFixture.searched();
    postgres = fixture.provider().open(fixture.config().build());
    InMemoryStores stores = new InMemoryStores();
    stores.migrate("state_search");
    memory = stores.open(PersistenceConfig.inMemory().build());
    sequence = 0;
  }

  @AfterContainer
  static void close() {
    memory.close();
    postgres.close();
    fixture.close();
  }

  @Property(tries = 40)
  void memoryFindsWhatPostgresFinds(@ForAll long seed) {
    RandomJson json = new RandomJson(new Random(seed));
    List<String> documents = new ArrayList<>();
    List<StateChange> changes = new ArrayList<>();
    for (int i = 0; i < DOCUMENTS; i++) {
      documents.add(json.document());
      changes.add(put("k" + i, documents.get(i)));
    }
    apply(postgres.sql(), changes);
    apply(memory.sql(), changes);
    int found = 0;
    for (int i = 0; i < PARTS; i++) {
      String part = i % 4 == 0 ? json.document() : json.partOf(documents.get(i));
      List<StateKey> expected = search(postgres.sql(), part);
      assertThat(search(memory.sql(), part)).as(part).isEqualTo(expected);
      found += expected.size();
    }
    assertThat(found).as("matches, so that something was compared").isPositive();
  }

  private static StateChange put(String name, String json) {
    sequence++;
    return new StateChange(
        "$KV.RANDOM." + name,
        Optional.of(StateKey.of(OWNER, name)),
        Operation.PUT,
        json.getBytes(StandardCharsets.UTF_8),
        new Revision.OfJournal(1, sequence),
        NOW,
        Optional.empty());
  }

  private static void apply(SqlStore sql, List<StateChange> changes) {
    JournalPosition previous =
        sql.journals()
            .position("RANDOM")
            .orElseGet(
                () -> sql.journals().startEpoch("RANDOM", Optional.empty(), 1, NOW, "first"));
    ApplyResult result =
        sql.journals()
            .apply(
                previous, previous.advancedTo(previous.sequence() + changes.size(), NOW), changes);
    assertThat(result)
        .isInstanceOfSatisfying(
            ApplyResult.Applied.class, applied -> assertThat(applied.refused()).isEmpty());
  }

  private static List<StateKey> search(SqlStore sql, String part) {
    return sql
        .states()
        .search(
            new StateSearch(
                Optional.empty(),
                "_.",
                Optional.of(part),
                Optional.empty(),
                Optional.empty(),
                DOCUMENTS,
                NOW))
        .stream()
        .map(StoredState::key)
        .toList();
  }
}
