package io.mistersmith.persistence.crdt;

import io.mistersmith.persistence.model.HybridTimestamp;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A map in which, key by key, the last write wins, a remove being a write. A removed key keeps its
 * time, so that a late write cannot bring it back. Values are JSON values as in {@link GSet}.
 */
@SuppressWarnings("exports") // the content of a dot is internal
public final class LwwMap extends Dotted<LwwMap.Field, LwwMap> {
  private static final LwwMap EMPTY = new LwwMap(DotValues.none(), Seen.NOTHING);

  /** The latest write of a key. */
  record Field(String key, Stamped write) {
    static final Comparator<Field> BY_TIME = Comparator.comparing(Field::write, Stamped.BY_TIME);
  }

  LwwMap(DotValues<Field> content, Seen seen) {
    super(content, seen);
  }

  /** The empty map. */
  public static LwwMap empty() {
    return EMPTY;
  }

  /**
   * With the value at the key. The same map where the key was written at a later time already.
   *
   * @param at the time by the clock of the writer, whose node is the replica
   */
  public LwwMap put(String key, Object value, HybridTimestamp at) {
    return write(new Field(key, new Stamped(Optional.of(JsonValue.of(value)), at)));
  }

  /** Without the key. The same map where the key was written at a later time already. */
  public LwwMap remove(String key, HybridTimestamp at) {
    return write(new Field(key, new Stamped(Optional.empty(), at)));
  }

  private LwwMap write(Field field) {
    Optional<Field> current = latest(field.key());
    boolean late = current.isPresent() && Field.BY_TIME.compare(current.get(), field) >= 0;
    return late
        ? this
        : change(field.write().at().node(), (dot, old) -> old.key().equals(field.key()), field);
  }

  private Optional<Field> latest(String key) {
    return content().values().stream().filter(field -> field.key().equals(key)).max(Field.BY_TIME);
  }

  /** The value at the key. */
  public Optional<Object> get(String key) {
    return latest(key).flatMap(field -> field.write().value());
  }

  /** All keys that have a value, with it. */
  public Map<String, Object> value() {
    SortedMap<String, Field> latest = new TreeMap<>();
    for (Field field : content().values()) {
      latest.merge(
          field.key(), field, (one, other) -> Field.BY_TIME.compare(one, other) >= 0 ? one : other);
    }
    SortedMap<String, Object> values = new TreeMap<>();
    latest.forEach(
        (key, field) -> field.write().value().ifPresent(value -> values.put(key, value)));
    return values;
  }

  @Override
  public CrdtType type() {
    return CrdtType.LWW_MAP;
  }

  @Override
  LwwMap with(DotValues<Field> newContent, Seen newSeen) {
    return new LwwMap(newContent, newSeen);
  }

  @Override
  Object valueToJson(Field field) {
    String at = field.write().at().toString();
    return field
        .write()
        .value()
        .map(value -> List.of(field.key(), at, value))
        .orElseGet(() -> List.of(field.key(), at));
  }
}
