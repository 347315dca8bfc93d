package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.EntryChange;
import java.util.Optional;

/**
 * A change of an entry in the form in which it is stored.
 *
 * @param key the entry's key
 * @param json the exact bytes; empty to delete
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record EntryTarget(StateKey key, Optional<byte[]> json) {

  /** Returns the form of a change. */
  public static <T> EntryTarget of(EntryChange<T> change, PlacedWrites entries) {
    if (change.type().dataType() != DataType.AGENT_STATE) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          change.type() + ": only entries of AGENT_STATE can be changed together with rows");
    }
    StateKey key = new StateKey(change.owner(), change.type().name(), change.key());
    KeyedCodec<T> codec = entries.keyed(Json.codec(change.type()));
    return new EntryTarget(key, change.value().map(value -> codec.encode(key, value)));
  }
}
