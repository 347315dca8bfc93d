package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.LogStore;

/**
 * Names a log.
 *
 * @param owner the owner
 * @param log the name of the type and of the log, as {@link LogStore#log} joins them
 */
record LogId(AgentId owner, String log) {

  StateKey entry(long version) {
    return new LogStore.Key(owner, log, version).toStateKey();
  }

  StateKey head() {
    return new StateKey(owner, LogStore.HEADS, log);
  }

  /** The beginning of the paths of all entries. */
  String path() {
    return LogStore.ENTRIES + '.' + log + '.';
  }

  @Override
  public String toString() {
    return "log " + log + " of " + owner;
  }
}
