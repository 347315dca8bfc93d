package io.mistersmith.persistence.crdt;

import io.mistersmith.persistence.crdt.Crdt.CrdtType;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.HybridTimestamp;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the JSON form; what does not fit it is refused, naming the part and never the value. */
final class JsonForm {
  private JsonForm() {}

  static Crdt<?> read(Map<?, ?> json) {
    CrdtType type = type(json.get("type"));
    Object content = json.get(type.contentField());
    return type.read(list(type.contentField(), content), seen(json.get("seen")));
  }

  private static CrdtType type(@Nullable Object name) {
    return Arrays.stream(CrdtType.values())
        .filter(type -> type.jsonName().equals(name))
        .findFirst()
        .orElseThrow(() -> unreadable("'type' is none of this version's types"));
  }

  private static Seen seen(@Nullable Object json) {
    if (!(json instanceof Map<?, ?> map)) {
      throw unreadable("'seen' is not an object");
    }
    SortedMap<String, Long> counts = new TreeMap<>();
    map.forEach((replica, count) -> counts.put(text("a replica", replica), positive(count)));
    return new Seen(counts);
  }

  static <V> DotValues<V> dots(List<?> content, Seen seen, Function<Object, V> value) {
    SortedMap<Dot, V> dots = new TreeMap<>();
    for (Object item : content) {
      List<?> parts = list("a dot", item, 3, 3);
      Dot dot = new Dot(text("a dot's replica", parts.get(0)), positive(parts.get(1)));
      if (!seen.covers(dot)) {
        throw unreadable("a dot is newer than what 'seen' says");
      }
      dots.put(dot, value.apply(present("a dot's value", parts.get(2))));
    }
    return new DotValues<>(dots);
  }

  static SortedMap<OrMap.Field, Crdt<?>> fields(List<?> content, Seen seen) {
    SortedMap<OrMap.Field, Crdt<?>> fields = new TreeMap<>();
    for (Object item : content) {
      List<?> parts = list("a field", item, 3, 3);
      CrdtType type = type(parts.get(1));
      OrMap.Field field = new OrMap.Field(text("a field's name", parts.get(0)), type);
      fields.put(field, type.read(list("a field's content", parts.get(2)), seen));
    }
    return fields;
  }

  static Long count(Object json) {
    if (JsonValue.of(json) instanceof Long count && count >= 0) {
      return count;
    }
    throw unreadable("a count is not a whole number from 0 to 2^63-1");
  }

  static PnCounter.Tally tally(Object json) {
    List<?> parts = list("a tally", json, 2, 2);
    return new PnCounter.Tally(
        count(present("a tally", parts.get(0))), count(present("a tally", parts.get(1))));
  }

  static Stamped stamped(Object json) {
    List<?> parts = list("a write", json, 2, 2);
    return new Stamped(
        Optional.of(JsonValue.of(present("a value", parts.get(0)))), timestamp(parts.get(1)));
  }

  static LwwMap.Field mapField(Object json) {
    List<?> parts = list("a key's write", json, 2, 3);
    Optional<Object> value =
        parts.size() == 2
            ? Optional.empty()
            : Optional.of(JsonValue.of(present("a value", parts.get(2))));
    return new LwwMap.Field(
        text("a key", parts.get(0)), new Stamped(value, timestamp(parts.get(1))));
  }

  private static HybridTimestamp timestamp(@Nullable Object json) {
    return HybridTimestamp.parse(text("a timestamp", json));
  }

  private static long positive(@Nullable Object json) {
    long count = count(present("a count", json));
    if (count == 0) {
      throw unreadable("a count of changes is 0, where it starts at 1");
    }
    return count;
  }

  private static String text(String part, @Nullable Object json) {
    if (json instanceof String text) {
      return text;
    }
    throw unreadable(part + " is not a string");
  }

  private static List<?> list(String part, @Nullable Object json, int least, int most) {
    List<?> list = list(part, json);
    if (list.size() < least || list.size() > most) {
      throw unreadable(part + " has " + list.size() + " parts");
    }
    return list;
  }

  private static List<?> list(String part, @Nullable Object json) {
    if (json instanceof List<?> list) {
      return list;
    }
    throw unreadable(part + " is not an array");
  }

  private static Object present(String part, @Nullable Object json) {
    if (json == null) {
      throw unreadable(part + " is null");
    }
    return json;
  }

  private static NonTransientPersistenceException unreadable(String what) {
    return new NonTransientPersistenceException(
        DataError.SERIALIZATION_ERROR, "this is no CRDT in JSON: " + what);
  }
}
