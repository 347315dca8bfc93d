package io.mistersmith.persistence.springai;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.vectorstore.filter.Filter.Expression;
import org.springframework.ai.vectorstore.filter.Filter.Group;
import org.springframework.ai.vectorstore.filter.Filter.Operand;

/**
 * What PostgreSQL does of a filter, and what is left to do: a list of searches, any of which may
 * find a document. Equalities, joined by AND, OR and IN, are selected by an index.
 */
final class FilterPlan {

  /** A filter with more alternatives than these is one search, and decided afterwards. */
  private static final int MOST_SEARCHES = 16;

  /**
   * One search.
   *
   * @param equal the metadata that documents must have
   * @param exact whether that is all of the filter
   */
  record Search(Map<String, Object> equal, boolean exact) {

    private static final Search ANY = new Search(Map.of(), true);
    private static final Search UNDECIDED = new Search(Map.of(), false);

    private static Search of(String key, Object value) {
      return new Search(Map.of(key, value), true);
    }

    /** Returns a search for what both find; empty when no document can be found. */
    private Optional<Search> and(Search other) {
      Map<String, Object> both = new HashMap<>(equal);
      for (Map.Entry<String, Object> condition : other.equal.entrySet()) {
        Object present = both.putIfAbsent(condition.getKey(), condition.getValue());
        if (present != null && !Objects.equals(present, condition.getValue())) {
          return Optional.empty();
        }
      }
      return Optional.of(new Search(both, exact && other.exact));
    }
  }

  private FilterPlan() {}

  static List<Search> of(@Nullable Expression filter) {
    if (filter == null) {
      return List.of(Search.ANY);
    }
    List<Search> searches = plan(filter);
    return searches.size() > MOST_SEARCHES ? List.of(Search.UNDECIDED) : searches;
  }

  private static List<Search> plan(@Nullable Operand operand) {
    if (operand instanceof Group group) {
      return plan(group.content());
    }
    if (!(operand instanceof Expression expression)) {
      return List.of(Search.UNDECIDED);
    }
    return switch (expression.type()) {
      case AND -> both(plan(expression.left()), plan(expression.right()));
      case OR -> either(plan(expression.left()), plan(expression.right()));
      case EQ -> List.of(equality(expression, MetadataFilter.value(expression)));
      case IN ->
          MetadataFilter.value(expression) instanceof Collection<?> values
              ? values.stream().map(value -> equality(expression, value)).toList()
              : List.of(Search.UNDECIDED);
      default -> List.of(Search.UNDECIDED);
    };
  }

  private static Search equality(Expression expression, @Nullable Object value) {
    return value instanceof String || value instanceof Boolean || value instanceof Number
        ? Search.of(MetadataFilter.key(expression), value)
        : Search.UNDECIDED;
  }

  private static List<Search> either(List<Search> one, List<Search> other) {
    List<Search> all = new ArrayList<>(one);
    all.addAll(other);
    return all.size() > MOST_SEARCHES ? List.of(Search.UNDECIDED) : all;
  }

  private static List<Search> both(List<Search> one, List<Search> other) {
    List<Search> all = new ArrayList<>();
    for (Search left : one) {
      other.forEach(right -> left.and(right).ifPresent(all::add));
    }
    return all;
  }
}
