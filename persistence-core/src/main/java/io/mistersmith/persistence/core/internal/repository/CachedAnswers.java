package io.mistersmith.persistence.core.internal.repository;

import io.mistersmith.persistence.core.internal.cache.Slot;
import io.mistersmith.persistence.core.internal.routing.Entry;
import io.mistersmith.persistence.model.Versioned;
import java.util.Optional;
import java.util.function.Function;

/**
 * Answers from this process's memory. What nobody can change is decoded once and handed to all; the
 * slot remembers who decoded it, since repositories of other types may read the same entries.
 *
 * @param maker who decodes; equal when it decodes alike
 * @param isShared whether decoded values may be handed to several callers
 * @param decode decodes an entry
 * @param <T> the type of the values
 */
record CachedAnswers<T>(Object maker, boolean isShared, Function<Entry, Versioned<T>> decode) {

  @SuppressWarnings("unchecked") // what this maker made is of this type
  Optional<Versioned<T>> of(Slot<Entry> slot) {
    if (!isShared) {
      return slot.entry().map(decode);
    }
    Object made = slot.made(maker);
    if (made == null) {
      made = slot.entry().map(decode);
      slot.keep(maker, made);
    }
    return (Optional<Versioned<T>>) made;
  }
}
