package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;

/** Receives the outcome of each write. Called from several threads. */
interface Outcomes {

  /** The write of this number was acknowledged with this revision. */
  void acknowledged(StateKey key, Revision revision, long number);

  /** The caller was told that the write failed. */
  void failed(StateKey key, long number, PersistenceException failure);
}
