package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.FactRow;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.StoredFact;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Writes and reads rows of {@code knowledge.facts}. */
final class FactRows {

  /** The columns of a fact, of the row {@code f}. */
  static final String COLUMNS =
      """
      f.fact_id, f.entity_type, f.entity_id, f.predicate, f.object_value, f.object_type,
      f.source_agent_id, f.confidence_score, f.evidence, f.valid_from, f.valid_until,
      f.content_hash, f.created_at, f.updated_at, f.superseded_by
      """;

  private static final String GIVEN =
      """
      WITH given AS (
        SELECT *
          FROM unnest(:ids, :entityTypes, :entityIds, :predicates, :objects, :objectTypes, :sources,
                      :confidences, :evidence, :validFrom, :validUntil, :hashes)
            AS g (id, entity_type, entity_id, predicate, object, object_type, source, confidence,
                  evidence, valid_from, valid_until, hash))
      """;

  private static final String INSERT =
      """
      INSERT INTO knowledge.facts AS f
             (fact_id, entity_type, entity_id, predicate, object_value, object_type,
              source_agent_id, confidence_score, evidence, valid_from, valid_until, content_hash)
      SELECT g.id::uuid, g.entity_type, g.entity_id, g.predicate, g.object::jsonb, g.object_type,
             g.source::uuid, g.confidence::numeric, g.evidence::jsonb,
             coalesce(g.valid_from::timestamptz, o.valid_from, clock_timestamp()),
             g.valid_until::timestamptz, g.hash
        FROM given g
        LEFT JOIN knowledge.facts o ON o.fact_id = g.id::uuid
      """;

  /**
   * A fact that has its hash is not even locked, unless another writer comes between. Such a
   * writer's beginning is kept, which EXCLUDED does not know: so those that are given are looked
   * up.
   */
  private static final String SAVE =
      GIVEN
          + INSERT
          + """
             WHERE o.content_hash IS DISTINCT FROM g.hash
             ORDER BY g.id
            ON CONFLICT (fact_id) DO UPDATE
               SET entity_type = EXCLUDED.entity_type, entity_id = EXCLUDED.entity_id,
                   predicate = EXCLUDED.predicate, object_value = EXCLUDED.object_value,
                   object_type = EXCLUDED.object_type,
                   source_agent_id = EXCLUDED.source_agent_id,
                   confidence_score = EXCLUDED.confidence_score, evidence = EXCLUDED.evidence,
                   valid_from =
                     coalesce(
                       ((SELECT jsonb_object_agg(g.id, g.valid_from)
                           FROM given g
                          WHERE g.valid_from IS NOT NULL) ->> f.fact_id::text)::timestamptz,
                       f.valid_from),
                   valid_until = coalesce(EXCLUDED.valid_until, f.valid_until),
                   content_hash = EXCLUDED.content_hash
             WHERE f.content_hash IS DISTINCT FROM EXCLUDED.content_hash
            RETURNING (xmax = 0)
          """;

  private static final String CREATE = GIVEN + INSERT + "RETURNING TRUE";

  private static final Instant EARLIEST = Fact.EARLIEST;
  private static final Instant FIRST_END = EARLIEST.plus(1, ChronoUnit.MICROS);
  private static final Instant LATEST = Fact.LATEST;
  private static final Instant LAST = LATEST.minus(1, ChronoUnit.MICROS);

  private FactRows() {}

  /** Saves facts, except for those that have their hash. */
  static Saved save(Handle handle, Collection<FactRow> facts) {
    List<Boolean> created = bind(handle, SAVE, facts);
    int fresh = (int) created.stream().filter(isNew -> isNew).count();
    return new Saved(fresh, created.size() - fresh, facts.size() - created.size());
  }

  /** Creates a fact; there must be none with its id. */
  static void create(Handle handle, FactRow fact) {
    List<Boolean> unused = bind(handle, CREATE, List.of(fact));
  }

  private static List<Boolean> bind(Handle handle, String sql, Collection<FactRow> facts) {
    return handle
        .createQuery(sql)
        .bind("ids", column(facts, fact -> fact.id().toString()))
        .bind("entityTypes", column(facts, FactRow::entityType))
        .bind("entityIds", column(facts, FactRow::entityId))
        .bind("predicates", column(facts, FactRow::predicate))
        .bind("objects", column(facts, FactRow::object))
        .bind("objectTypes", column(facts, FactRow::objectType))
        .bind("sources", column(facts, fact -> text(fact.source().map(AgentId::uuid))))
        .bind("confidences", column(facts, fact -> text(fact.confidence())))
        .bind("evidence", column(facts, FactRow::evidence))
        .bind("validFrom", column(facts, fact -> text(fact.validFrom().map(SqlTime::text))))
        .bind("validUntil", column(facts, fact -> text(fact.validUntil().map(SqlTime::text))))
        .bind("hashes", column(facts, FactRow::hash))
        .mapTo(Boolean.class)
        .list();
  }

  private static SqlArray column(
      Collection<FactRow> facts, Function<FactRow, @Nullable String> value) {
    return SqlArray.text(facts.stream().<@Nullable String>map(value).toList());
  }

  private static @Nullable String text(Optional<?> value) {
    return value.map(Object::toString).orElse(null);
  }

  /** Reads a row with the {@link #COLUMNS}. */
  static StoredFact read(ResultSet row, StatementContext context) throws SQLException {
    return new StoredFact(
        new FactRow(
            row.getObject("fact_id", UUID.class),
            row.getString("entity_type"),
            row.getString("entity_id"),
            row.getString("predicate"),
            row.getString("object_value"),
            row.getString("object_type"),
            Optional.ofNullable(row.getObject("source_agent_id", UUID.class)).map(AgentId::of),
            Optional.ofNullable(row.getBigDecimal("confidence_score")),
            row.getString("evidence"),
            Optional.of(within(SqlTime.get(row, "valid_from"), EARLIEST, LAST)),
            SqlTime.optional(row, "valid_until").map(end -> within(end, FIRST_END, LATEST)),
            hash(row.getString("content_hash"))),
        SqlTime.get(row, "created_at"),
        SqlTime.get(row, "updated_at"),
        Optional.ofNullable(row.getObject("superseded_by", UUID.class)));
  }

  /** A row of another writer may begin or end at infinity, or before the year 1. */
  private static Instant within(Instant time, Instant least, Instant most) {
    if (time.isBefore(least)) {
      return least;
    }
    return time.isAfter(most) ? most : time;
  }

  /** A row of another writer has none. */
  private static String hash(@Nullable String stored) {
    return stored == null ? "" : stored;
  }
}
