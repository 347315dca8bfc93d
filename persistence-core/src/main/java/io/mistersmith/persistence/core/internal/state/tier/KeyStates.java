package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the states of many keys in a few requests. */
final class KeyStates {

  private KeyStates() {}

  /**
   * Returns the states of the owner's keys, and of those named: from the bucket, as the leader has
   * it, or else from PostgreSQL. A key that neither store has is absent, and so are logs: what is
   * appended to them is not undone.
   */
  static Map<StateKey, KeyState> of(Tiers tiers, AgentId agent, Collection<StateKey> named) {
    Set<StateKey> keys = new HashSet<>(named);
    tiers.reads().list(agent, "").forEach(hot -> keys.add(hot.key()));
    keys.removeIf(LogStore::isOfLog);
    Map<StateKey, KeyState> keyStates = new HashMap<>();
    for (StoredState row : tiers.rows(agent)) {
      if (LogStore.isOfLog(row.key())) {
        continue;
      }
      keys.add(row.key());
      keyStates.put(row.key(), of(tiers, row));
    }
    // Where there is but one server, it answers many keys at once.
    ReadFrom leader = tiers.reads().hasReplicas() ? ReadFrom.LEADER : ReadFrom.ANY_REPLICA;
    tiers.reads().getAll(keys, leader).forEach((key, hot) -> keyStates.put(key, of(tiers, hot)));
    return keyStates;
  }

  static KeyState of(Tiers tiers, HotEntry hot) {
    return new KeyState(
        Optional.of(hot).filter(tiers::isLive).map(tiers::entry),
        tiers.revisionOf(hot),
        hot.time(),
        hot.metadata().provenance(),
        hot.operation() == Operation.DELETE,
        hot.sequence());
  }

  static KeyState of(Tiers tiers, StoredState row) {
    return new KeyState(
        Optional.of(row).filter(tiers::isLive).map(Tiers::entry),
        row.revision(),
        row.writtenAt(),
        row.provenance(),
        row.deleted(),
        HotWrites.NONE);
  }
}
