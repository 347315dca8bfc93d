package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Batch;
import io.mistersmith.persistence.spi.sql.OutboxStore.Portion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** A database with an outbox, which is empty before each test. */
abstract class OnOutbox {

  static final Portion ALL = new Portion(10_000, 1 << 24, 1 << 20);
  static final String AGENT = "11111111-1111-4111-8111-111111111111";

  @SuppressWarnings("NullAway.Init") // set before the tests
  static PostgresDatabase database;

  @SuppressWarnings("NullAway.Init") // set before the tests
  static PostgresStore store;

  @BeforeAll
  static final void open() {
    database = PostgresDatabase.create("events");
    store = database.open();
  }

  @AfterAll
  static final void close() {
    store.close();
  }

  @BeforeEach
  final void empty() {
    database.execute(
        """
        DELETE FROM tasks.queue; DELETE FROM agents.registry; TRUNCATE agents.state;
        INSERT INTO agents.registry (agent_id, agent_type, agent_name)
        VALUES ('%s', 'w', 'p');
        """
            .formatted(AGENT));
    database.execute(PostgresFixture.EMPTY_OUTBOX);
  }

  static OutboxStore outbox() {
    return store.sql().outbox();
  }

  static List<OutboxChange> drain() {
    List<OutboxChange> changes = new ArrayList<>();
    for (Optional<Batch> batch = outbox().next(); batch.isPresent(); batch = outbox().next()) {
      changes.addAll(outbox().read(batch.get(), 0, ALL));
      assertThat(outbox().done(batch.get(), Map.of())).isTrue();
    }
    return changes;
  }

  static List<String> drained() {
    return drain().stream()
        .map(
            change ->
                change.kind()
                    + " "
                    + change
                        .stateKey()
                        .orElseGet(
                            () ->
                                change
                                    .payload()
                                    .orElseThrow()
                                    .replaceAll(".*\"table\" : \"", "")
                                    .replaceAll("\".*", "")))
        .toList();
  }

  static String insert(String keys) {
    return """
    INSERT INTO agents.state (agent_id, state_key, state_value)
    SELECT '%s', key, '1' FROM unnest(string_to_array('%s', ',')) AS key
    """
        .formatted(AGENT, keys);
  }

  /** The partition that the rows are in. */
  static String partition() {
    return database.query("SELECT tableoid::regclass FROM agents.state LIMIT 1").get(0);
  }
}
