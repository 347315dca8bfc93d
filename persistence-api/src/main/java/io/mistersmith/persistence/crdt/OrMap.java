package io.mistersmith.persistence.crdt;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * A map whose values are CRDTs themselves, other maps included. A field is a name and a type, so
 * that a counter and a set of the same name do not meet. Removing a field takes back all that it
 * has seen of it; what was changed concurrently stays (observed-remove, update wins): of a set the
 * elements that were added, of a counter all that the replica that counted had counted.
 *
 * <p>The values share what the map has seen. A value that holds nothing is no field: a set whose
 * last element is removed is gone, and reads as empty.
 */
public final class OrMap extends Crdt<OrMap> {
  private static final OrMap EMPTY = new OrMap(new TreeMap<>(), Seen.NOTHING);

  /** A field's name and type. */
  record Field(String name, CrdtType type) implements Comparable<Field> {
    private static final Comparator<Field> ORDER =
        Comparator.comparing(Field::name).thenComparing(Field::type);

    @Override
    public int compareTo(Field other) {
      return ORDER.compare(this, other);
    }
  }

  private final SortedMap<Field, Crdt<?>> fields;

  OrMap(SortedMap<Field, Crdt<?>> fields, Seen seen) {
    super(seen);
    this.fields = fields;
  }

  /** The empty map. */
  public static OrMap empty() {
    return EMPTY;
  }

  /**
   * With a field changed.
   *
   * @param name the field's name
   * @param empty a value of the field's type, such as {@code OrSet.empty()}; its content does not
   *     matter
   * @param change makes the new value of the field out of the present one, or out of the empty one;
   *     it returns what it was given, changed, and not a value from elsewhere
   */
  public <C extends Crdt<C>> OrMap update(String name, C empty, UnaryOperator<C> change) {
    C changed = change.apply(get(name, empty));
    if (!changed.seen().covers(seen())) {
      throw new IllegalArgumentException(
          "the change of field '"
              + name
              + "' returned a value from elsewhere; return the value it is given, changed");
    }
    SortedMap<Field, Crdt<?>> more = new TreeMap<>(fields);
    put(more, new Field(name, empty.type()), changed);
    return new OrMap(more, changed.seen());
  }

  private static void put(SortedMap<Field, Crdt<?>> fields, Field field, Crdt<?> value) {
    if (value.holdsNothing()) {
      fields.remove(field);
    } else {
      fields.put(field, value);
    }
  }

  /**
   * The value of a field; an empty one where there is none.
   *
   * @param empty a value of the field's type, such as {@code OrSet.empty()}
   */
  public <C extends Crdt<C>> C get(String name, C empty) {
    Field field = new Field(name, empty.type());
    @SuppressWarnings("unchecked") // a field's type names the class of its value
    C value = (C) fields.getOrDefault(field, field.type().empty());
    return value.within(seen());
  }

  /** Without the fields of this name, whatever their types, as far as they were seen here. */
  public OrMap remove(String name) {
    SortedMap<Field, Crdt<?>> rest = new TreeMap<>(fields);
    rest.keySet().removeIf(field -> field.name().equals(name));
    return new OrMap(rest, seen());
  }

  /** The names of all fields. */
  public Set<String> names() {
    Set<String> names = new TreeSet<>();
    fields.keySet().forEach(field -> names.add(field.name()));
    return names;
  }

  @Override
  public CrdtType type() {
    return CrdtType.OR_MAP;
  }

  @Override
  public OrMap merge(OrMap other) {
    Seen all = seen().merge(other.seen());
    Set<Field> both = new TreeSet<>(fields.keySet());
    both.addAll(other.fields.keySet());
    SortedMap<Field, Crdt<?>> merged = new TreeMap<>();
    for (Field field : both) {
      put(merged, field, join(field, other));
    }
    return new OrMap(merged, all);
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // both values are of the class of the field's type
  private Crdt<?> join(Field field, OrMap other) {
    Crdt mine = valueOrEmpty(field).within(seen());
    Crdt theirs = other.valueOrEmpty(field).within(other.seen());
    return mine.merge(theirs);
  }

  private Crdt<?> valueOrEmpty(Field field) {
    return fields.getOrDefault(field, field.type().empty());
  }

  @Override
  OrMap within(Seen more) {
    return new OrMap(fields, more);
  }

  @Override
  boolean holdsNothing() {
    return fields.isEmpty();
  }

  @Override
  List<Object> contentToJson() {
    List<Object> json = new ArrayList<>();
    fields.forEach(
        (field, value) ->
            json.add(List.of(field.name(), field.type().jsonName(), value.contentToJson())));
    return json;
  }
}
