package io.mistersmith.persistence.core.internal.state.conflict;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.ConflictMet.Outcome;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import java.util.Optional;

/**
 * The action that a write takes, given the state of its key.
 *
 * @param <T> the type of the values
 */
sealed interface Decision<T> {

  /** Returns the outcome of the conflict, if there was one. */
  Optional<Outcome> conflict();

  /** Store the value, or a delete where there is none. */
  record Store<T>(Optional<T> value, Provenance provenance, Optional<Outcome> conflict)
      implements Decision<T> {}

  /** Leave what is there. */
  record Keep<T>(Written<T> current) implements Decision<T> {
    @Override
    public Optional<Outcome> conflict() {
      return Optional.of(Outcome.KEPT_CURRENT);
    }
  }

  /** Fail, and leave what is there. */
  record Refuse<T>(PersistenceException why, Optional<Outcome> conflict) implements Decision<T> {}
}
