package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import java.util.Comparator;
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
   * The last write of any of the owner's keys that is in the bucket, or a later one. A list may
   * come from a replica that has not got this process's last write yet, so that one is counted in.
   */
  public Optional<Revision.OfJournal> of(AgentId agent) {
    return orOwn(listed(agent));
  }

  /** The last write of any of the owner's keys that the bucket lists. */
  public Optional<Revision.OfJournal> listed(AgentId agent) {
    return tiers.reads().list(agent, "").stream()
        .filter(hot -> hot.metadata().hydrated().isEmpty())
        .map(tiers::revisionOf)
        .max(Comparator.naturalOrder());
  }

  /** The later one of {@code listed} and the last write of this process, of whichever owner. */
  public Optional<Revision.OfJournal> orOwn(Optional<Revision.OfJournal> listed) {
    long own = tiers.revisions().highest();
    return own == 0
        ? listed
        : Stream.concat(listed.stream(), Stream.of(tiers.revisions().of(own)))
            .max(Comparator.naturalOrder());
  }

  /**
   * The last write of the owner's keys alone, in the bucket or known to this process. Looks at all
   * keys that this process knows.
   */
  public Optional<Revision.OfJournal> onlyOf(AgentId agent) {
    Optional<Revision> known = tiers.known().highestOf(key -> key.agent().equals(agent));
    return Stream.concat(listed(agent).stream(), known.stream())
        .filter(Revision.OfJournal.class::isInstance)
        .map(Revision.OfJournal.class::cast)
        .max(Comparator.naturalOrder());
  }
}
