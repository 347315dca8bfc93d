package io.mistersmith.persistence.core.internal.conflict;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.ConflictReport.Outcome;
import io.mistersmith.persistence.spi.Provenance;
import java.util.Optional;

/**
 * What a write is to do, given what stands at its key.
 *
 * @param <T> the type of the values
 */
sealed interface Decision<T> {

  /** What became of a conflict, if there was one. */
  Optional<Outcome> conflict();

  /** Store the value, or a delete where there is none. */
  record Store<T>(Optional<T> value, Provenance provenance, Optional<Outcome> conflict)
      implements Decision<T> {}

  /** Leave what stands there. */
  record Keep<T>(Written<T> current) implements Decision<T> {
    @Override
    public Optional<Outcome> conflict() {
      return Optional.of(Outcome.KEPT_CURRENT);
    }
  }

  /** Fail, and leave what stands there. */
  record Refuse<T>(PersistenceException why, Optional<Outcome> conflict) implements Decision<T> {}
}
