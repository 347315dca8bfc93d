package io.mistersmith.persistence.crdt;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A set from which elements can be removed, and added again. A remove takes back the adds that it
 * has seen; an add that it has not seen stays (observed-remove, add wins). Elements are JSON values
 * as in {@link GSet}. Removed elements leave nothing behind (Bieniusa and others: An Optimized
 * Conflict-free Replicated Set, 2012).
 */
public final class OrSet extends Dotted<Object, OrSet> {
  private static final OrSet EMPTY = new OrSet(DotValues.none(), Seen.NOTHING);

  OrSet(DotValues<Object> content, Seen seen) {
    super(content, seen);
  }

  /** The empty set. */
  public static OrSet empty() {
    return EMPTY;
  }

  /** With the element. Adding it again renews it against removes that do not see this add. */
  public OrSet add(String replica, Object element) {
    Object value = JsonValue.of(element);
    return change(replica, (dot, old) -> old.equals(value), value);
  }

  /** Without the element, as far as it was added here. */
  public OrSet remove(Object element) {
    Object value = JsonValue.of(element);
    return with(content().without((dot, old) -> old.equals(value)), seen());
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
    return CrdtType.OR_SET;
  }

  @Override
  OrSet with(DotValues<Object> newContent, Seen newSeen) {
    return new OrSet(newContent, newSeen);
  }

  @Override
  Object valueToJson(Object element) {
    return element;
  }
}
