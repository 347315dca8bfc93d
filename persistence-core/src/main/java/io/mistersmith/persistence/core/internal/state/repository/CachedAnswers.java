package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.state.cache.Slot;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.model.Versioned;
import java.util.Optional;
import java.util.function.Function;

/**
 * Answers from this process's memory. An immutable value is decoded once and shared; the slot
 * remembers its decoder, since repositories of other types may read the same entries.
 *
 * @param maker identifies the decoder; equal for decoders that decode alike
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
