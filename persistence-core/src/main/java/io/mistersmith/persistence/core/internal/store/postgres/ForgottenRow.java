package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.ForgetStore.Forgotten;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Reads rows of {@code agents.forgotten}. */
final class ForgottenRow {

  /** The counts as two arrays, in the order of the places. */
  static final String COLUMNS =
      """
      f.agent_id, f.owner, f.begun_at, f.ended_at,
             ARRAY(SELECT r.key FROM jsonb_each_text(f.removed) AS r ORDER BY r.key) AS places,
             ARRAY(SELECT r.value::bigint
                     FROM jsonb_each_text(f.removed) AS r
                    ORDER BY r.key) AS counts
      """;

  private ForgottenRow() {}

  /**
   * Reads a row.
   *
   * @param agent the agent, where it is known; a row that was looked at again has no owner's name
   */
  static Forgotten read(ResultSet row, Optional<AgentId> agent) throws SQLException {
    String owner = row.getString("owner");
    AgentId named =
        agent.isPresent()
            ? agent.get()
            : owner == null
                ? AgentId.of(row.getObject("agent_id", UUID.class))
                : AgentId.external(owner);
    return new Forgotten(
        named, SqlTime.get(row, "begun_at"), SqlTime.optional(row, "ended_at"), removed(row));
  }

  private static Map<String, Long> removed(ResultSet row) throws SQLException {
    Array places = row.getArray("places");
    Array counts = row.getArray("counts");
    String[] names = (String[]) places.getArray();
    Long[] numbers = (Long[]) counts.getArray();
    Map<String, Long> removed = new LinkedHashMap<>();
    for (int i = 0; i < names.length; i++) {
      removed.put(names[i], numbers[i]);
    }
    return removed;
  }
}
