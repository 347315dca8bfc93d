package io.mistersmith.persistence.testkit.memory;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Decides what {@code jsonb}'s operator {@code @>} does, of JSON as maps, lists and scalars. */
final class Containment {

  private Containment() {}

  /** Whether {@code whole @> part}. An array as a whole contains a scalar that is its element. */
  static boolean contains(@Nullable Object whole, @Nullable Object part) {
    return (whole instanceof List<?> elements && isScalar(part))
        ? hasElement(elements, part)
        : isWithin(whole, part);
  }

  private static boolean isWithin(@Nullable Object whole, @Nullable Object part) {
    if (part instanceof Map<?, ?> wanted) {
      return whole instanceof Map<?, ?> members
          && wanted.entrySet().stream()
              .allMatch(
                  member ->
                      members.containsKey(member.getKey())
                          && isWithin(members.get(member.getKey()), member.getValue()));
    }
    if (part instanceof List<?> wanted) {
      return whole instanceof List<?> elements
          && wanted.stream().allMatch(element -> hasElement(elements, element));
    }
    return isScalar(whole) && isEqual(whole, part);
  }

  private static boolean hasElement(List<?> elements, @Nullable Object wanted) {
    return elements.stream().anyMatch(element -> isWithin(element, wanted));
  }

  private static boolean isScalar(@Nullable Object value) {
    return !(value instanceof Map || value instanceof List);
  }

  private static boolean isEqual(@Nullable Object one, @Nullable Object other) {
    return (one instanceof Number && other instanceof Number)
        ? decimal(one).compareTo(decimal(other)) == 0
        : Objects.equals(one, other);
  }

  private static BigDecimal decimal(Object number) {
    return number instanceof BigDecimal exact ? exact : new BigDecimal(number.toString());
  }
}
