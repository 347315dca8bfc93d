package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import java.util.List;
import java.util.Optional;

/** Tells of owners whether their rows include all of their messages in the bucket. Thread-safe. */
@FunctionalInterface
public interface Applied {

  /** Whether they do. */
  boolean test(AgentId owner);

  /**
   * Returns a page of the owner's keys that have a row, tombstones too, if the rows include all;
   * empty when they do not, or that is not known.
   */
  default Optional<List<StoredKey>> keys(AgentId owner, String prefix, String after, int limit) {
    return Optional.empty();
  }
}
