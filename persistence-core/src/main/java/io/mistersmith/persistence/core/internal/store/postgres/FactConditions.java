package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Filter;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * The conditions on a row {@code f} of {@code knowledge.facts}. Each that a filter has adds a text
 * of its own, so that the server plans for the conditions there are; values are parameters.
 */
final class FactConditions {

  private static final String HOLDS =
      " AND f.valid_from <= %1$s AND (f.valid_until IS NULL OR f.valid_until > %1$s)";

  /** In one transaction later than what its earlier statements wrote. */
  private static final String HOLDS_NOW = HOLDS.formatted("statement_timestamp()");

  private static final String HOLDS_AT = HOLDS.formatted(":at::timestamptz");

  private FactConditions() {}

  /** A row of another writer may say nothing; it is no fact. */
  private static final String SAYS_SOMETHING = " AND f.object_value <> 'null'::jsonb";

  /** Returns the conditions, each with its AND before it. */
  static String sql(Filter filter) {
    FactQuery query = filter.query();
    StringBuilder sql = new StringBuilder(SAYS_SOMETHING);
    add(sql, " AND f.entity_type = :entityType", query.entityType().isPresent());
    add(sql, " AND f.entity_id = :entityId", query.entityId().isPresent());
    add(sql, " AND f.predicate = :predicate", query.predicate().isPresent());
    add(sql, " AND f.object_type = :objectType", query.objectType().isPresent());
    add(sql, " AND f.source_agent_id = :source", query.source().isPresent());
    add(sql, " AND f.confidence_score >= :confidence", query.confidence().isPresent());
    add(sql, " AND f.object_value @> :part::jsonb", filter.part().isPresent());
    add(
        sql,
        " AND f.words @@ knowledge.fact_words_wanted(:words, FALSE)",
        query.words().isPresent());
    add(sql, HOLDS_AT, query.validAt().isPresent());
    add(sql, HOLDS_NOW, query.validAt().isEmpty() && !query.isOfAllTimes());
    return sql.toString();
  }

  private static void add(StringBuilder sql, String condition, boolean wanted) {
    if (wanted) {
      sql.append(condition);
    }
  }

  /** Gives the conditions their values. */
  static <S extends SqlStatement<S>> S bind(S statement, Filter filter) {
    FactQuery query = filter.query();
    query.entityType().ifPresent(type -> statement.bind("entityType", type));
    query.entityId().ifPresent(id -> statement.bind("entityId", id));
    query.predicate().ifPresent(predicate -> statement.bind("predicate", predicate));
    query.objectType().ifPresent(type -> statement.bind("objectType", type));
    query.source().ifPresent(source -> statement.bind("source", source.uuid()));
    query.confidence().ifPresent(least -> statement.bind("confidence", least));
    filter.part().ifPresent(part -> statement.bind("part", part));
    query.words().ifPresent(words -> statement.bind("words", words));
    query.validAt().ifPresent(time -> statement.bind("at", SqlTime.text(time)));
    return statement;
  }
}
