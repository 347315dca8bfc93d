package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.store.embedding.filter.Filter;
import dev.langchain4j.store.embedding.filter.comparison.IsEqualTo;
import dev.langchain4j.store.embedding.filter.logical.And;
import java.util.HashMap;
import java.util.Map;

/** What PostgreSQL can decide of a filter: that metadata have values. */
final class FilterConditions {

  private FilterConditions() {}

  /** Returns the values that all matching metadata have. */
  static Map<String, Object> values(Filter filter) {
    Map<String, Object> values = new HashMap<>();
    collect(filter, values);
    return values;
  }

  private static void collect(Filter filter, Map<String, Object> values) {
    if (filter instanceof And and) {
      collect(and.left(), values);
      collect(and.right(), values);
    } else if (filter instanceof IsEqualTo equal) {
      values.put(equal.key(), SegmentFacts.json(equal.comparisonValue()));
    }
  }

  /** Returns whether the values decide the filter alone. */
  static boolean decide(Filter filter) {
    return filter instanceof IsEqualTo
        || (filter instanceof And and && decide(and.left()) && decide(and.right()));
  }
}
