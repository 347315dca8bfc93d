package io.mistersmith.persistence.core.internal.codec;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.state.JsonCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings JSON objects into the one form in which every store gives them back: values as JSON has
 * them, and nested members in the order of {@code jsonb}. A number with a fraction or an exponent
 * is a {@link Double}, any other an {@link Integer}, {@link Long} or {@link java.math.BigInteger},
 * and zero has no sign.
 */
public final class CanonicalObject {

  private static final JsonCodec<Object> JSON = Json.mapping(Object.class);

  /** As {@code jsonb} sorts: the shorter name first, then by bytes. */
  private static final Comparator<byte[]> ORDER =
      Comparator.<byte[]>comparingInt(name -> name.length).thenComparing(Arrays::compareUnsigned);

  private CanonicalObject() {}

  /**
   * The object in that form.
   *
   * @param what whose object it is, and {@code field} which, to begin a failure's message with
   * @throws NonTransientPersistenceException {@code SERIALIZATION_ERROR} when it holds what cannot
   *     be kept
   */
  public static Map<String, Object> of(String what, String field, Map<String, Object> map) {
    if (map.isEmpty()) {
      return map;
    }
    try {
      Map<String, Object> canonical = new LinkedHashMap<>();
      ((Map<?, ?>) JSON.decode(JSON.encode(map)))
          .forEach((name, value) -> canonical.put((String) name, nonNull(of(value))));
      return canonical;
    } catch (NonTransientPersistenceException e) {
      throw new NonTransientPersistenceException(
          e.error(), what + ", " + field + ": " + e.getMessage(), e);
    }
  }

  private static Object nonNull(@Nullable Object value) {
    if (value == null) {
      throw refused("a member is null; leave it out");
    }
    return value;
  }

  private static @Nullable Object of(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      List<Map.Entry<byte[], Map.Entry<?, ?>>> members = new ArrayList<>();
      map.entrySet()
          .forEach(
              member ->
                  members.add(
                      Map.entry(
                          ((String) member.getKey()).getBytes(StandardCharsets.UTF_8), member)));
      members.sort(Map.Entry.comparingByKey(ORDER));
      Map<Object, @Nullable Object> ordered = new LinkedHashMap<>();
      members.forEach(
          member -> ordered.put(member.getValue().getKey(), of(member.getValue().getValue())));
      return ordered;
    }
    if (value instanceof Collection<?> items) {
      List<@Nullable Object> all = new ArrayList<>(items.size());
      items.forEach(item -> all.add(of(item)));
      return all;
    }
    if (value instanceof Double number) {
      if (number.isInfinite()) {
        throw refused("a number is larger than a double; write it as text");
      }
      return number == 0 ? 0.0 : number;
    }
    return value;
  }

  private static NonTransientPersistenceException refused(String reason) {
    return new NonTransientPersistenceException(DataError.SERIALIZATION_ERROR, reason);
  }
}
