package io.mistersmith.persistence.monitor;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.util.Optional;

/**
 * An entry on which KV and PostgreSQL disagree although nothing of it is in flight, or that nobody
 * owns or can read. Holds no value.
 *
 * @param kind how they disagree
 * @param subject the entry's raw subject, or its key where it is in PostgreSQL alone
 * @param key its key; empty when the subject names none
 * @param kvRevision its revision in KV
 * @param sqlRevision its revision in PostgreSQL
 * @param repair what was done about it
 */
public record Inconsistency(
    Kind kind,
    String subject,
    Optional<StateKey> key,
    Optional<Revision> kvRevision,
    Optional<Revision> sqlRevision,
    Repair repair) {

  /** How the stores disagree about an entry. */
  public enum Kind {
    /** KV has a write that was flushed, and PostgreSQL has no row. Mended from KV. */
    MISSING_IN_SQL,
    /** PostgreSQL has an older revision than the one that was flushed. Mended from KV. */
    SQL_BEHIND,
    /** Same revision, another value, end or checksum. Mended from KV, where the write itself is. */
    VALUE_DIFFERS,
    /**
     * PostgreSQL has a later revision than the last write, which the stream never gave to this key.
     * Mended from KV where the stream shows that another key has it; else left to an operator.
     */
    SQL_AHEAD,
    /** KV lost later writes that PostgreSQL has. The old entry is taken out of KV. */
    KV_BEHIND,
    /** A copy of a row in KV that is no longer like the row. Taken out of KV. */
    STALE_HYDRATION,
    /** An entry in KV of an agent that is not registered. */
    ORPHAN_ENTRY,
    /** A delete marker in KV whose row is gone for longer than tombstones are kept. */
    ORPHAN_MARKER,
    /** An entry in KV whose subject is no key, or whose value is no JSON. */
    UNDECODABLE,
    /** A row in PostgreSQL of an agent that is not registered. */
    ORPHAN_ROW;

    /** Whether this is about entries that nobody owns or can read. */
    public boolean isOrphan() {
      return compareTo(STALE_HYDRATION) > 0;
    }
  }

  /** What was done about an inconsistency. */
  public enum Repair {
    /** Nothing: repair is off, the orphan is too young, or an operator has to decide. */
    LEFT,
    /** It is mended. */
    REPAIRED,
    /** The mending write was acknowledged, and not committed within the time of the check. */
    UNDER_WAY,
    /** The entry was written meanwhile; the newer write stays and is flushed. */
    SUPERSEDED,
    /** A store refused or did not answer; the next check tries again. */
    FAILED
  }
}
