package io.mistersmith.persistence.springai;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Date;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.vectorstore.filter.Filter;
import org.springframework.ai.vectorstore.filter.Filter.Expression;
import org.springframework.ai.vectorstore.filter.Filter.Group;
import org.springframework.ai.vectorstore.filter.Filter.Operand;

/**
 * Decides whether metadata meets a filter, as Spring AI's own stores do: numbers are compared by
 * value, a value that is missing is less than all others.
 */
final class MetadataFilter {

  private static final DateTimeFormatter DATES =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  private MetadataFilter() {}

  static boolean matches(Operand operand, Map<String, Object> metadata) {
    if (operand instanceof Group group) {
      return matches(group.content(), metadata);
    }
    if (!(operand instanceof Expression expression)) {
      throw new IllegalArgumentException("a filter ends in " + operand + ", which is no condition");
    }
    return switch (expression.type()) {
      case AND -> matches(expression.left(), metadata) && matches(right(expression), metadata);
      case OR -> matches(expression.left(), metadata) || matches(right(expression), metadata);
      case NOT -> !matches(expression.left(), metadata);
      case EQ -> order(expression, metadata) == 0;
      case NE -> order(expression, metadata) != 0;
      case GT -> order(expression, metadata) > 0;
      case GTE -> order(expression, metadata) >= 0;
      case LT -> order(expression, metadata) < 0;
      case LTE -> order(expression, metadata) <= 0;
      case IN -> isOneOf(expression, metadata);
      case NIN -> !isOneOf(expression, metadata);
      case ISNULL -> metadata.get(key(expression)) == null;
      case ISNOTNULL -> metadata.get(key(expression)) != null;
    };
  }

  private static Operand right(Expression expression) {
    Operand right = expression.right();
    if (right == null) {
      throw new IllegalArgumentException("a condition " + expression.type() + " lacks its value");
    }
    return right;
  }

  /** Returns the name of the metadata that a condition is about, without quotes. */
  static String key(Expression expression) {
    if (!(expression.left() instanceof Filter.Key name)) {
      throw new IllegalArgumentException(
          "a condition " + expression.type() + " is about " + expression.left() + ", no key");
    }
    String key = name.key();
    boolean quoted =
        key.length() > 1
            && (key.charAt(0) == '"' || key.charAt(0) == '\'')
            && key.charAt(key.length() - 1) == key.charAt(0);
    return quoted ? key.substring(1, key.length() - 1) : key;
  }

  /** Returns what a condition compares with; times as the text that metadata has of them. */
  static Object value(Expression expression) {
    if (!(right(expression) instanceof Filter.Value value)) {
      throw new IllegalArgumentException(
          "a condition " + expression.type() + " compares with " + right(expression));
    }
    return value.value() instanceof Date date ? DATES.format(date.toInstant()) : value.value();
  }

  private static int order(Expression expression, Map<String, Object> metadata) {
    return compare(metadata.get(key(expression)), value(expression));
  }

  private static boolean isOneOf(Expression expression, Map<String, Object> metadata) {
    if (!(value(expression) instanceof Collection<?> values)) {
      throw new IllegalArgumentException("a condition " + expression.type() + " has no list");
    }
    Object present = metadata.get(key(expression));
    return values.stream().anyMatch(value -> compare(present, value) == 0);
  }

  private static int compare(@Nullable Object present, @Nullable Object wanted) {
    if (present == null || wanted == null) {
      return present == wanted ? 0 : present == null ? -1 : 1;
    }
    if (present instanceof Number one && wanted instanceof Number other) {
      return Double.compare(one.doubleValue(), other.doubleValue());
    }
    if (present instanceof String one && wanted instanceof String other) {
      return one.compareTo(other);
    }
    if (present instanceof Boolean one && wanted instanceof Boolean other) {
      return one.compareTo(other);
    }
    if (Objects.equals(present, wanted)) {
      return 0;
    }
    throw new IllegalArgumentException(
        "a filter compares "
            + present.getClass().getSimpleName()
            + " with "
            + wanted.getClass().getSimpleName());
  }
}
