package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The last writes of keys and owners, up to which a caller waits for PostgreSQL. Thread-safe. */
public final class LastWrites {

  private final Tiers tiers;

  LastWrites(Tiers tiers) {
    this.tiers = tiers;
  }

  /** The last write of a key that is in the bucket, by whichever process; not a hydration. */
  public Optional<Revision.OfJournal> of(StateKey key) {
    return tiers
        .reads()
        .get(key, ReadFrom.LEADER)
        .filter(hot -> hot.metadata().hydrated().isEmpty())
        .map(tiers::revisionOf);
  }

  /**
   * The last message of any of the owner's keys, a write or a hydration, by whichever process, or a
   * later write of this process. It asks the leader: a list may come from a replica that lags.
   */
  public Optional<Revision.OfJournal> of(AgentId agent) {
    return orOwn(latest(agent));
  }

  /** The last message of any of the owner's keys that is in the bucket. */
  public Optional<Revision.OfJournal> latest(AgentId agent) {
    return tiers.reads().latest(agent).map(place -> tiers.revisions().of(place.sequence()));
  }

  /** The later one of {@code latest} and the last write of this process, of whichever owner. */
  public Optional<Revision.OfJournal> orOwn(Optional<Revision.OfJournal> latest) {
    long own = tiers.revisions().highest();
    return own == 0
        ? latest
        : Stream.concat(latest.stream(), Stream.of(tiers.revisions().of(own)))
            .max(Comparator.naturalOrder());
  }

  /**
   * The last write of the owner's keys alone; no hydration, which a transaction that began before
   * it could not see.
   */
  public Optional<Revision.OfJournal> onlyOf(AgentId agent) {
    Optional<MessagePlace> last = tiers.reads().latest(agent);
    return last.isEmpty()
        ? Optional.empty()
        : listed(agent, last.get()).stream()
            .filter(hot -> hot.metadata().hydrated().isEmpty())
            .map(tiers::revisionOf)
            .max(Comparator.naturalOrder());
  }

  /** A list that lacks the last message is from a replica that lags: then the leader is asked. */
  private Collection<HotEntry> listed(AgentId agent, MessagePlace last) {
    List<HotEntry> listed = tiers.reads().list(agent, "");
    boolean lags =
        tiers.reads().hasReplicas()
            && listed.stream().noneMatch(hot -> hot.sequence() >= last.sequence());
    return lags
        ? tiers
            .reads()
            .getAll(listed.stream().map(HotEntry::key).toList(), ReadFrom.LEADER)
            .values()
        : listed;
  }
}
