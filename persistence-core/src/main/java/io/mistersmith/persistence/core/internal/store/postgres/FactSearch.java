package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Filter;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Ranked;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.StoredFact;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Finds facts in {@code knowledge.facts}: pages in the order of ids, and the best by words. */
final class FactSearch {

  private static final String SELECT =
      "SELECT " + FactRows.COLUMNS + " FROM knowledge.facts f WHERE TRUE";

  private static final String AFTER = " AND f.fact_id > :after";

  private static final String PAGE = " ORDER BY f.fact_id LIMIT :limit";

  /**
   * With the page's order and limit the server may expect matches everywhere, and walk all ids.
   * OFFSET 0 has it find the ids of all of them at first.
   */
  private static final String SELECT_RARE =
      "SELECT "
          + FactRows.COLUMNS
          + """
             FROM (SELECT fact_id
                     FROM (SELECT f.fact_id
                             FROM knowledge.facts f
                            WHERE TRUE
          """;

  private static final String PAGE_OF_RARE =
      """
                          OFFSET 0) AS rare
                   ORDER BY fact_id
                   LIMIT :limit) AS page (id)
           CROSS JOIN LATERAL (SELECT * FROM knowledge.facts WHERE fact_id = id OFFSET 0) AS f
           ORDER BY f.fact_id
      """;

  private static final String RANK =
      """
      SELECT f.fact_id, ts_rank(f.words, knowledge.fact_words_wanted(:any, TRUE)) AS rank
        FROM knowledge.facts f
       WHERE f.words @@ knowledge.fact_words_wanted(:any, TRUE)
      """;

  private static final String BEST = " ORDER BY rank DESC, f.fact_id LIMIT :limit";

  private FactSearch() {}

  static List<StoredFact> page(Handle handle, Filter filter) {
    Query statement = handle.createQuery(sql(filter)).bind("limit", filter.query().limit());
    filter.query().after().ifPresent(after -> statement.bind("after", after));
    return FactConditions.bind(statement, filter).map(FactRows::read).list();
  }

  /** Returns the statement of a page. */
  static String sql(Filter filter) {
    FactQuery query = filter.query();
    boolean rare =
        query.entityType().isPresent()
            || query.predicate().isPresent()
            || query.source().isPresent()
            || filter.part().isPresent()
            || query.words().isPresent();
    String after = query.after().isPresent() ? AFTER : "";
    return rare
        ? SELECT_RARE + FactConditions.sql(filter) + after + PAGE_OF_RARE
        : SELECT + FactConditions.sql(filter) + after + PAGE;
  }

  static List<Ranked> matching(Handle handle, String words, Filter filter, int limit) {
    Query statement =
        handle
            .createQuery(RANK + FactConditions.sql(filter) + BEST)
            .bind("any", words)
            .bind("limit", limit);
    return FactConditions.bind(statement, filter)
        .map((row, context) -> new Ranked(row.getObject(1, UUID.class), row.getDouble(2)))
        .list();
  }
}
