package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mistersmith.persistence.model.StateKey;
import java.util.List;

/**
 * A version as a store has it, read past the library.
 *
 * @param json its value
 * @param time its hybrid timestamp
 * @param clock its vector clock
 */
record StoredVersion(JsonNode json, String time, String clock) {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A clock that holds its own write alone is not stored in KV: it is the time. */
  static StoredVersion inKv(Installation installation, StateKey key) {
    try (Streams streams = Streams.of(installation)) {
      return streams.last(Installation.tail(key.agent(), key.path()));
    }
  }

  static StoredVersion inPostgres(Installation installation, StateKey key) {
    List<String> row =
        installation.query(
            """
            SELECT unnest(ARRAY[state_value::text, hybrid_time, vector_clock])
              FROM agents.state
             WHERE agent_id = '%s' AND state_key = '%s' AND deleted_at IS NULL
            """
                .formatted(key.agent(), key.path()));
    assertThat(row).as("row of " + key).hasSize(3);
    return of(row.get(0), row.get(1), row.get(2));
  }

  static StoredVersion of(String json, String time, String clock) {
    try {
      return new StoredVersion(MAPPER.readTree(json), time, clock);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
