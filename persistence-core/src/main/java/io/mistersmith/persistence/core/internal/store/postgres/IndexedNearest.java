package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Filter;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Neighbours;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Ranked;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Finds the nearest embeddings by pgvector, by a function of the set {@code vector}. */
final class IndexedNearest {

  /** Whether the set is applied. */
  private static final String METHOD =
      """
      SELECT CASE WHEN EXISTS (
               SELECT FROM pg_proc
                WHERE proname = 'nearest_facts' AND pronamespace = 'knowledge'::regnamespace)
             THEN knowledge.embedding_search_method() END
      """;

  private static final String NEAREST =
      """
      SELECT fact_id, distance
        FROM knowledge.nearest_facts(
               :query::real[], :model, :version, :metric, :limit,
               CASE WHEN :at::text = 'now' THEN statement_timestamp()
                    ELSE :at::timestamptz END,
               :entityType::text, :entityId::text, :predicate::text, :objectType::text,
               :source::uuid, :confidence::numeric, :part::jsonb,
               knowledge.fact_words_wanted(:words::text, FALSE))
      """;

  private IndexedNearest() {}

  /** Returns how pgvector compares vectors; empty when it does not. */
  static Optional<String> method(Handle handle) {
    return handle.createQuery(METHOD).map((row, context) -> row.getString(1)).findOne();
  }

  static List<Ranked> run(Handle handle, Neighbours wanted) {
    SearchQuery search = wanted.search();
    Filter filter = wanted.filter();
    FactQuery query = filter.query();
    Model model = search.model().orElseThrow();
    return handle
        .createQuery(NEAREST)
        .bind("query", FloatArrays.text(search.vector()))
        .bind("model", model.name())
        .bind("version", model.version())
        .bind("metric", search.metric().name().toLowerCase(Locale.ROOT))
        .bind("limit", wanted.limit())
        .bind("at", at(query))
        .bind("entityType", query.entityType().orElse(null))
        .bind("entityId", query.entityId().orElse(null))
        .bind("predicate", query.predicate().orElse(null))
        .bind("objectType", query.objectType().orElse(null))
        .bind("source", query.source().map(source -> source.uuid().toString()).orElse(null))
        .bind(
            "confidence",
            query.confidence().isPresent()
                ? Double.toString(query.confidence().getAsDouble())
                : null)
        .bind("part", filter.part().orElse(null))
        .bind("words", query.words().orElse(null))
        .map((row, context) -> new Ranked(row.getObject(1, UUID.class), row.getDouble(2)))
        .filter(found -> !Double.isNaN(found.value())) // a vector of another writer that is zero
        .list();
  }

  private static @Nullable String at(FactQuery query) {
    return query.isOfAllTimes() ? null : query.validAt().map(SqlTime::text).orElse("now");
  }
}
