package io.mistersmith.persistence.crdt;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The JSON values that a CRDT can hold, in one form each, so that equal means equal on every
 * replica: numbers are compared by value, as JSON does, whatever Java type they came in and
 * whatever a store made of 1.0, and the keys of objects are sorted.
 */
final class JsonValue {
  private JsonValue() {}

  /** The value in its one form. */
  static Object of(@Nullable Object value) {
    if (value == null) {
      throw new IllegalArgumentException(
          "null cannot be an element or a value; leave it out, or remove the element");
    }
    return copy(value);
  }

  private static Object copy(Object value) {
    if (value instanceof String || value instanceof Boolean) {
      return value;
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> copies = new ArrayList<>(list.size());
      list.forEach(item -> copies.add(item == null ? null : copy(item)));
      return Collections.unmodifiableList(copies);
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> copies = new TreeMap<>();
      map.forEach((key, item) -> copies.put(key(key), item == null ? null : copy(item)));
      return Collections.unmodifiableMap(copies);
    }
    throw new IllegalArgumentException(
        value.getClass().getName()
            + " is no JSON value; give a String, a Boolean, a Number, or a List or Map of those");
  }

  private static String key(@Nullable Object key) {
    if (key instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException(
        "the keys of a JSON object are Strings; give a Map of those");
  }

  private static Number number(Number number) {
    if (number instanceof Double || number instanceof Float) {
      double value = number.doubleValue();
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("JSON has no " + value + "; give a finite number");
      }
    }
    BigDecimal exact =
        number instanceof BigInteger whole
            ? new BigDecimal(whole)
            : new BigDecimal(number.toString());
    BigDecimal stripped = exact.stripTrailingZeros();
    boolean isWhole = stripped.scale() <= 0 && stripped.precision() - stripped.scale() <= 19;
    return isWhole && stripped.toBigInteger().bitLength() < Long.SIZE
        ? (Number) stripped.longValueExact()
        : stripped;
  }

  /** An order of all values, the same everywhere; it means nothing beyond that. */
  static int compare(@Nullable Object one, @Nullable Object other) {
    return String.valueOf(one).compareTo(String.valueOf(other));
  }
}
