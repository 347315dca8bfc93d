package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.ReadFrom;
import io.mistersmith.persistence.spi.StoredState;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What stands at many keys, read in a few requests. */
final class Standings {

  private Standings() {}

  /**
   * What stands at the owner's keys, and at those named: what is in the bucket, as the leader has
   * it, and from behind it what is not. A key that nothing stands at is absent.
   */
  static Map<StateKey, Standing> of(Tiers tiers, String agent, Collection<StateKey> named) {
    Set<StateKey> keys = new HashSet<>(named);
    tiers.bucket().list(agent, "").forEach(hot -> keys.add(hot.key()));
    Map<StateKey, Standing> standings = new HashMap<>();
    for (StoredState row : tiers.behind().findByAgent(agent, "")) {
      keys.add(row.key());
      standings.put(row.key(), of(tiers, row));
    }
    // Where there is but one server, it answers many keys at once.
    ReadFrom leader = tiers.bucket().hasReplicas() ? ReadFrom.LEADER : ReadFrom.ANY_REPLICA;
    tiers.bucket().getAll(keys, leader).forEach((key, hot) -> standings.put(key, of(tiers, hot)));
    return standings;
  }

  static Standing of(Tiers tiers, HotEntry hot) {
    return new Standing(
        Optional.of(hot).filter(tiers::isLive).map(tiers::entry),
        tiers.revisionOf(hot),
        hot.time(),
        hot.metadata().provenance(),
        hot.sequence());
  }

  static Standing of(Tiers tiers, StoredState row) {
    return new Standing(
        Optional.of(row).filter(tiers::isLive).map(Tiers::entry),
        row.revision(),
        row.writtenAt(),
        row.provenance(),
        HotBucket.NONE);
  }
}
