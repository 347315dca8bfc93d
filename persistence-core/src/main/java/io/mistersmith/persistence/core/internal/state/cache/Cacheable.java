package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.model.Revision;
import java.time.Instant;
import java.util.Optional;

/** The properties of an entry that a cache needs to keep it. */
public interface Cacheable {

  /** Its logical revision. */
  Revision revision();

  /** When it was written. */
  Instant writtenAt();

  /** When it ends, if it does. */
  Optional<Instant> expiresAt();

  /** How many bytes its value has. */
  int bytes();

  /**
   * Whether it is valid until a later write; false of one that the flush may still find to be an
   * outdated copy and remove.
   */
  boolean isSettled();
}
