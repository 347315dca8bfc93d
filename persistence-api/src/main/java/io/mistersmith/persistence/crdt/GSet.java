package io.mistersmith.persistence.crdt;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A set that only grows. Elements are JSON values: strings, booleans, numbers, and lists and maps
 * of those; numbers are equal by value.
 */
public final class GSet extends Dotted<Object, GSet> {
  private static final GSet EMPTY = new GSet(DotValues.none(), Seen.NOTHING);

  GSet(DotValues<Object> content, Seen seen) {
    super(content, seen);
  }

  /** The empty set. */
  public static GSet empty() {
    return EMPTY;
  }

  /** With the element; the same set where it is in already. */
  public GSet add(String replica, Object element) {
    Object value = JsonValue.of(element);
    return contains(value) ? this : change(replica, (dot, old) -> false, value);
  }

  /** Whether the element is in. */
  public boolean contains(Object element) {
    return content().values().contains(JsonValue.of(element));
  }

  /** All elements. */
  public Set<Object> value() {
    return Set.copyOf(new LinkedHashSet<>(content().values()));
  }

  @Override
  public CrdtType type() {
    return CrdtType.G_SET;
  }

  @Override
  GSet with(DotValues<Object> newContent, Seen newSeen) {
    return new GSet(newContent, newSeen);
  }

  @Override
  Object valueToJson(Object element) {
    return element;
  }
}
