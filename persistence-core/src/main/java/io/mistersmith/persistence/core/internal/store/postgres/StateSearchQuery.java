package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.StateStore.StateSearch;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.util.List;
import org.jdbi.v3.core.statement.Query;

/**
 * Searches {@code agents.state} by the functions and indexes of the set {@code state_search}.
 * Values are parameters; only the conditions that a search has are in its statement.
 *
 * <p>A page is sought in two steps. {@code OFFSET 0} has the server find the keys of all matches at
 * first, by the GIN indexes: with the page's order and limit it would expect matches everywhere and
 * walk the primary key, which takes the whole table for a rare match. Values are read of the page
 * alone, each row by its key.
 */
final class StateSearchQuery {

  private static final String FOUND =
      """
      WITH page AS (
        SELECT agent_id, state_key
          FROM (SELECT agent_id, state_key
                  FROM agents.state
                 WHERE deleted_at IS NULL
                   AND (expires_at IS NULL OR expires_at > :now::timestamptz)
                   AND state_key >= :from AND state_key < :end
                   AND agents.state_search_language() IS NOT NULL
      """;

  private static final String OWNER = " AND agent_id = :agent";

  private static final String PART = " AND state_value @> :part::jsonb";

  private static final String WORDS =
      " AND agents.state_words(state_value) @@ agents.state_words_wanted(:words)";

  private static final String AFTER = " AND (agent_id, state_key) > (:afterAgent, :afterKey)";

  private static final String PAGE =
      """
                OFFSET 0) AS found
         ORDER BY agent_id, state_key
         LIMIT :limit)
      """
          + StateRow.SELECT
          + """
            FROM page
           CROSS JOIN LATERAL (SELECT *
                                 FROM agents.state
                                WHERE agent_id = page.agent_id AND state_key = page.state_key
                               OFFSET 0) AS s
           ORDER BY s.agent_id, s.state_key
          """;

  private StateSearchQuery() {}

  static List<StoredState> run(Statements statements, StateSearch wanted) {
    String what = "search entries";
    return MissingSet.named(
        "state_search",
        what,
        () ->
            statements.read(
                what,
                handle ->
                    bind(handle.createQuery(sql(wanted)), wanted).map(StateRow::stored).list()));
  }

  /** Returns the statement for a search's conditions. */
  static String sql(StateSearch wanted) {
    return FOUND
        + wanted.owner().map(owner -> OWNER).orElse("")
        + wanted.part().map(part -> PART).orElse("")
        + wanted.words().map(words -> WORDS).orElse("")
        + wanted.after().map(after -> AFTER).orElse("")
        + PAGE;
  }

  /** Gives the statement of a search its values. */
  static Query bind(Query query, StateSearch wanted) {
    query
        .bind("now", SqlTime.text(wanted.now()))
        .bind("from", wanted.prefix())
        .bind("end", SqlText.endOfPrefix(wanted.prefix()))
        .bind("limit", wanted.limit());
    wanted.owner().ifPresent(owner -> query.bind("agent", owner.uuid()));
    wanted.part().ifPresent(part -> query.bind("part", part));
    wanted.words().ifPresent(words -> query.bind("words", words));
    wanted
        .after()
        .ifPresent(
            key -> query.bind("afterAgent", key.agent().uuid()).bind("afterKey", key.path()));
    return query;
  }
}
