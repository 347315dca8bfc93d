package io.mistersmith.persistence.springai;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The values of metadata as JSON, so that they come back equal: what JSON has no type for becomes
 * an object that names its type.
 */
final class MetadataJson {

  private static final String TYPE = "@";
  private static final String VALUE = "v";
  private static final String CLASS = "c";

  /** Types whose text says all, with what reads the text. */
  private static final Map<Class<?>, Function<String, Object>> BY_TEXT =
      Map.ofEntries(
          Map.entry(Long.class, Long::valueOf),
          Map.entry(Double.class, Double::valueOf),
          Map.entry(Float.class, Float::valueOf),
          Map.entry(Short.class, Short::valueOf),
          Map.entry(Byte.class, Byte::valueOf),
          Map.entry(Character.class, text -> text.charAt(0)),
          Map.entry(BigDecimal.class, BigDecimal::new),
          Map.entry(BigInteger.class, BigInteger::new),
          Map.entry(UUID.class, UUID::fromString),
          Map.entry(URI.class, URI::create),
          Map.entry(Instant.class, Instant::parse),
          Map.entry(Duration.class, Duration::parse),
          Map.entry(LocalDate.class, LocalDate::parse),
          Map.entry(LocalTime.class, LocalTime::parse),
          Map.entry(LocalDateTime.class, LocalDateTime::parse),
          Map.entry(OffsetDateTime.class, OffsetDateTime::parse),
          Map.entry(ZonedDateTime.class, ZonedDateTime::parse));

  private static final Map<String, Function<String, Object>> READERS = readers();

  private MetadataJson() {}

  private static Map<String, Function<String, Object>> readers() {
    Map<String, Function<String, Object>> readers = new HashMap<>();
    BY_TEXT.forEach((type, reader) -> readers.put(type.getSimpleName(), reader));
    return readers;
  }

  /** Returns the values as JSON. */
  static Map<String, Object> of(Map<?, ?> values) {
    Map<String, Object> json = new HashMap<>();
    values.forEach((key, value) -> json.put(String.valueOf(key), value(value)));
    return json.containsKey(TYPE) ? tagged("map", json) : json;
  }

  private static @Nullable Object value(@Nullable Object value) {
    if (value == null
        || value instanceof String
        || value instanceof Boolean
        || value instanceof Integer
        || (value instanceof Double number && Double.isFinite(number))) {
      return value;
    }
    if (value instanceof Map<?, ?> map) {
      return of(map);
    }
    if (value instanceof Set<?> set) {
      return tagged("set", list(set));
    }
    if (value instanceof Collection<?> values) {
      return list(values);
    }
    return scalar(value);
  }

  private static Object scalar(Object value) {
    if (value instanceof byte[] bytes) {
      return tagged("bytes", Base64.getEncoder().encodeToString(bytes));
    }
    if (value instanceof Enum<?> constant) {
      Map<String, Object> json = tagged("enum", constant.name());
      json.put(CLASS, constant.getDeclaringClass().getName());
      return json;
    }
    return BY_TEXT.containsKey(value.getClass())
        ? tagged(value.getClass().getSimpleName(), value.toString())
        : value.toString();
  }

  private static List<@Nullable Object> list(Collection<?> values) {
    List<@Nullable Object> json = new ArrayList<>(values.size());
    values.forEach(value -> json.add(value(value)));
    return json;
  }

  private static Map<String, Object> tagged(String type, Object value) {
    Map<String, Object> json = new HashMap<>();
    json.put(TYPE, type);
    json.put(VALUE, value);
    return json;
  }

  /** Returns the values that {@link #of} was given. */
  static Map<String, Object> read(Map<?, ?> json) {
    Map<?, ?> members = "map".equals(json.get(TYPE)) ? (Map<?, ?>) valueOf(json) : json;
    Map<String, Object> values = new LinkedHashMap<>();
    members.forEach((key, value) -> values.put((String) key, readValue(value)));
    return values;
  }

  @SuppressWarnings("NullAway") // a value of metadata may be null, whatever the framework declares
  private static Object readValue(@Nullable Object json) {
    if (json instanceof List<?> list) {
      return readAll(list);
    }
    if (json instanceof Map<?, ?> map) {
      return map.get(TYPE) instanceof String type ? readTagged(type, map) : read(map);
    }
    return json;
  }

  private static List<Object> readAll(List<?> json) {
    List<Object> values = new ArrayList<>(json.size());
    json.forEach(value -> values.add(readValue(value)));
    return values;
  }

  private static Object valueOf(Map<?, ?> json) {
    Object value = json.get(VALUE);
    if (value == null) {
      throw new IllegalArgumentException("a value of the type " + json.get(TYPE) + " is missing");
    }
    return value;
  }

  private static Object readTagged(String type, Map<?, ?> json) {
    Object value = valueOf(json);
    return switch (type) {
      case "map" -> read(json);
      case "set" -> new LinkedHashSet<>(readAll((List<?>) value));
      case "bytes" -> Base64.getDecoder().decode((String) value);
      case "enum" -> constant(String.valueOf(json.get(CLASS)), (String) value);
      default -> {
        Function<String, Object> reader = READERS.get(type);
        yield reader == null ? value : reader.apply((String) value);
      }
    };
  }

  /** Returns the constant, or its name where this program has no such enum. */
  private static Object constant(String className, String name) {
    try {
      Class<?> type =
          Class.forName(className, false, Thread.currentThread().getContextClassLoader());
      if (type.isEnum()) {
        for (Object constant : type.getEnumConstants()) {
          if (((Enum<?>) constant).name().equals(name)) {
            return constant;
          }
        }
      }
      return name;
    } catch (ClassNotFoundException e) {
      return name;
    }
  }
}
