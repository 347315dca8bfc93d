package io.mistersmith.persistence.crdt;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A value that replicas change independently and merge. Immutable: a change returns another value.
 * Thread-safe. Equal when all parts are, so that two replicas that have seen the same are equal.
 *
 * @param <C> the type itself
 */
public abstract sealed class Crdt<C extends Crdt<C>> permits Dotted, OrMap {
  private final Seen seen;

  Crdt(Seen seen) {
    this.seen = seen;
  }

  /**
   * Reads what {@link #toJson()} wrote, whatever Java types the numbers came back as.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     SERIALIZATION_ERROR} when it is no CRDT in JSON
   */
  public static Crdt<?> read(Map<?, ?> json) {
    return JsonForm.read(json);
  }

  /**
   * Reads a value of a known type.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     SERIALIZATION_ERROR} when it is no CRDT in JSON, or one of another type
   */
  public static <C extends Crdt<C>> C read(Map<?, ?> json, Class<C> type) {
    Crdt<?> value = read(json);
    if (!type.isInstance(value)) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          "this is a " + value.type().jsonName() + " and no " + type.getSimpleName());
    }
    return type.cast(value);
  }

  /** Which of the types this is. */
  public abstract CrdtType type();

  /**
   * What both have seen, and nothing that either has removed. Commutative, associative and
   * idempotent.
   */
  public abstract C merge(C other);

  /**
   * This value as JSON: maps, lists, strings, booleans and numbers, in the form that the package
   * describes. {@link #read} reads it back.
   */
  public final Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", type().jsonName());
    json.put("seen", new TreeMap<>(seen.counts()));
    json.put(type().contentField(), contentToJson());
    return json;
  }

  final Seen seen() {
    return seen;
  }

  abstract List<Object> contentToJson();

  /** The same content, seen as part of something that has seen more. */
  abstract C within(Seen more);

  /** Whether nothing is held, which is what an absent field of a map reads as. */
  abstract boolean holdsNothing();

  @Override
  public final boolean equals(Object other) {
    return other instanceof Crdt<?> that
        && type() == that.type()
        && seen.equals(that.seen)
        && contentToJson().equals(that.contentToJson());
  }

  @Override
  public final int hashCode() {
    return seen.hashCode();
  }

  /** The type and how much is held; never the values. */
  @Override
  public final String toString() {
    return type().jsonName() + seen.counts();
  }
}
