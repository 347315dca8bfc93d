package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;

/**
 * The keys of one type among an owner's. Callers name them without the type; a key of another type
 * is refused, so that no repository reads or overwrites what is not its own.
 *
 * @param type the type's name
 */
public record KeySpace(String type) {

  /** The key as the stores have it. */
  StateKey own(StateKey key) {
    String of = key.type();
    if (of.equals(type)) {
      return key;
    }
    if (!of.equals(StateKey.UNTYPED)) {
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY,
          "state key " + key + ": it is of another type than this repository's, " + type);
    }
    return key.withType(type);
  }

  /** The key as callers name it. */
  StateKey outside(StateKey own) {
    return own.withType(StateKey.UNTYPED);
  }

  /**
   * Returns the common prefix of the paths of all keys of this type that start with {@code prefix}.
   */
  String path(String prefix) {
    return type + '.' + prefix;
  }
}
