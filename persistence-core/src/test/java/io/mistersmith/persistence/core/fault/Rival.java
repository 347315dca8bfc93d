package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * One of the writers that write the same key.
 *
 * @param persistence what it writes through
 * @param key what it writes
 * @param name its name, which no other writer has; of letters and digits
 * @param pipelined whether it saves by {@code saveAsync}
 * @param told gets a line for each acknowledgement
 */
record Rival(
    Persistence persistence, StateKey key, String name, boolean pipelined, Consumer<String> told) {

  <T> StateRepository<T> states(Class<T> type, ConflictResolver<T> resolver) {
    return persistence.states(StateType.untyped(type).withRules(ConflictRules.of(resolver)));
  }

  /** Saves until it is acknowledged, however often other writers are faster. */
  <T> Versioned<T> save(StateRepository<T> states, T value, SaveOptions options) {
    while (true) {
      try {
        return trySave(states, value, options);
      } catch (PersistenceException e) {
        if (!Conflicts.isConflict(e)) {
          throw e;
        }
      }
    }
  }

  <T> Versioned<T> trySave(StateRepository<T> states, T value, SaveOptions options) {
    if (!pipelined) {
      return states.save(key, value, options);
    }
    try {
      return states.saveAsync(key, value, options).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof PersistenceException failure ? failure : e;
    }
  }
}
