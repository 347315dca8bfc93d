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
   * Reads the result of {@link #toJson()}, with numbers of any Java type.
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

  /** Returns the type of this value. */
  public abstract CrdtType type();

  /**
   * Returns everything that either has seen, without what either has removed. Commutative,
   * associative and idempotent.
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

  /** Returns whether this value holds nothing; an absent field of a map reads as such a value. */
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

  /** The types of CRDTs, with the names that their JSON form uses. */
  public enum CrdtType {
    /** {@link GCounter}. */
    G_COUNTER("g-counter") {
      @Override
      Crdt<?> empty() {
        return GCounter.empty();
      }

      @Override
      Crdt<?> read(List<?> content, Seen seen) {
        return new GCounter(JsonForm.dots(content, seen, JsonForm::count), seen);
      }
    },
    /** {@link PnCounter}. */
    PN_COUNTER("pn-counter") {
      @Override
      Crdt<?> empty() {
        return PnCounter.empty();
      }

      @Override
      Crdt<?> read(List<?> content, Seen seen) {
        return new PnCounter(JsonForm.dots(content, seen, JsonForm::tally), seen);
      }
    },
    /** {@link LwwRegister}. */
    LWW_REGISTER("lww-register") {
      @Override
      Crdt<?> empty() {
        return LwwRegister.empty();
      }

      @Override
      Crdt<?> read(List<?> content, Seen seen) {
        return new LwwRegister(JsonForm.dots(content, seen, JsonForm::stamped), seen);
      }
    },
    /** {@link MvRegister}. */
    MV_REGISTER("mv-register") {
      @Override
      Crdt<?> empty() {
        return MvRegister.empty();
      }

      @Override
      Crdt<?> read(List<?> content, Seen seen) {
        return new MvRegister(JsonForm.dots(content, seen, JsonValue::of), seen);
      }
    },
    /** {@link GSet}. */
    G_SET("g-set") {
      @Override
      Crdt<?> empty() {
        return GSet.empty();
      }

      @Override
      Crdt<?> read(List<?> content, Seen seen) {
        return new GSet(JsonForm.dots(content, seen, JsonValue::of), seen);
      }
    },
    /** {@link OrSet}. */
    OR_SET("or-set") {
      @Override
      Crdt<?> empty() {
        return OrSet.empty();
      }

      @Override
      Crdt<?> read(List<?> content, Seen seen) {
        return new OrSet(JsonForm.dots(content, seen, JsonValue::of), seen);
      }
    },
    /** {@link LwwMap}. */
    LWW_MAP("lww-map") {
      @Override
      Crdt<?> empty() {
        return LwwMap.empty();
      }

      @Override
      Crdt<?> read(List<?> content, Seen seen) {
        return new LwwMap(JsonForm.dots(content, seen, JsonForm::mapField), seen);
      }
    },
    /** {@link OrMap}. */
    OR_MAP("or-map") {
      @Override
      Crdt<?> empty() {
        return OrMap.empty();
      }

      @Override
      Crdt<?> read(List<?> content, Seen seen) {
        return new OrMap(JsonForm.fields(content, seen), seen);
      }

      @Override
      String contentField() {
        return "fields";
      }
    };

    private final String jsonName;

    CrdtType(String jsonName) {
      this.jsonName = jsonName;
    }

    /** The name in the JSON form, such as {@code or-set}. */
    public String jsonName() {
      return jsonName;
    }

    /** The value that holds nothing. */
    abstract Crdt<?> empty();

    abstract Crdt<?> read(List<?> content, Seen seen);

    String contentField() {
      return "dots";
    }
  }
}
