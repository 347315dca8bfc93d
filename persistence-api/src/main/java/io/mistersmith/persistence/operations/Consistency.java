package io.mistersmith.persistence.operations;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** How far KV and PostgreSQL are apart, and whether they agree. Thread-safe. */
public interface Consistency {

  /**
   * Returns the name of the journal that these figures and checks are about: its bucket's full
   * name. Does not wait.
   */
  String journal();

  /**
   * The state of both memories now. Asks both stores a few questions, so call it once in some
   * seconds and not with every write. A store that does not answer is not a failure; {@code
   * kvAnswered} and an empty {@code sqlRows} report it.
   */
  MemoryStats stats();

  /** Returns the lag of this process's commits in the last minute. Sends no request. */
  LagStats lag();

  /**
   * Returns the backlog of the journal. Asks both stores; while PostgreSQL is away, it uses the
   * last position that this process has seen.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when NATS does not answer
   */
  Backlog backlog();

  /**
   * Compares entries in KV with PostgreSQL, by revision, checksum and content, and repairs
   * differences if {@code consistency.repair} is on.
   *
   * <p>A check waits a few seconds for writes in flight, and does not report them. A repair never
   * replaces a newer write: KV is written by compare-and-set, and goes to PostgreSQL by the
   * journal. An entry that is repaired from KV gets a new revision, so that a caller's
   * compare-and-set on the old one fails once. Safe to call in several runtimes at once.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a store does not answer
   */
  ConsistencyReport check(CheckScope scope);

  /**
   * The entries that a check of consistency compares. Rows without an entry in KV are not compared.
   */
  sealed interface CheckScope {

    /**
     * The keys of about this many journal entries, taken at random places of the bucket.
     *
     * @param entries how many
     */
    record Sample(int entries) implements CheckScope {}

    /**
     * All keys of one agent that are in KV.
     *
     * @param agent the agent
     */
    record OfAgent(AgentId agent) implements CheckScope {}

    /** All keys that are in KV, and the orphans in PostgreSQL. Reads both stores in full. */
    record Everything() implements CheckScope {}

    /** The keys of about this many entries, at random. */
    static CheckScope sample(int entries) {
      return new Sample(entries);
    }

    /** All keys of an agent. */
    static CheckScope agent(AgentId agent) {
      return new OfAgent(agent);
    }

    /** All keys. */
    static CheckScope everything() {
      return new Everything();
    }
  }

  /**
   * How long writes waited for their commit: the distribution over the last minute.
   *
   * <p>Whose figures: those of the entries that <em>this</em> process committed, whichever process
   * wrote them. One runtime flushes for all, so in every other one {@code samples} is 0, and every
   * duration with it; there the age of the {@link Backlog} tells how far PostgreSQL is behind.
   *
   * <p>A percentile is off by less than 2 % (the histogram's buckets); the greatest lag is exact. A
   * lag is measured by the NATS server's clock, which a process knows to within half a round trip.
   *
   * @param samples how many writes were committed; a write that was overwritten so often before the
   *     flush came to it that the bucket had dropped it is none
   * @param p50 half of them waited no longer
   * @param p95 19 of 20 waited no longer
   * @param p99 99 of 100 waited no longer
   * @param max the longest wait
   * @param violations how many waited longer than the consistency window
   * @param averageFlush the mean duration of the transactions that committed them
   */
  record LagStats(
      long samples,
      Duration p50,
      Duration p95,
      Duration p99,
      Duration max,
      long violations,
      Duration averageFlush) {}

  /**
   * The two memories side by side. Taken when it is asked for; the parts are of slightly different
   * moments.
   *
   * @param kvEntries how many keys have an entry in the bucket of agent state, markers of deleted
   *     ones included
   * @param sqlRows how many live rows {@code agents.state} has: counted up to 100,000, beyond that
   *     the planner's estimate, which counts tombstones in; empty while PostgreSQL does not answer
   * @param dirtyEntries how many keys have a write behind the position, of whichever process.
   *     Counted up to 10,000 journal entries; beyond that every further entry counts as a key of
   *     its own
   * @param averageFlushTime the mean duration of this process's flushes in the last minute
   * @param consistencyWindowP95 the 95th percentile of {@link #lag()}
   * @param lag from write to commit, of what this process committed; see {@link LagStats} for what
   *     that means where another runtime flushes
   * @param backlog what waits in the journal
   * @param kvAnswered whether NATS answered; when not, {@code kvEntries}, {@code dirtyEntries} and
   *     {@code backlog} are what they were when it did last, or nothing
   * @param violations how many writes this process committed later than the consistency window,
   *     since it was opened
   * @param kvBytes how large the bucket of agent state is; like {@code kvEntries} when NATS did not
   *     answer
   */
  record MemoryStats(
      long kvEntries,
      OptionalLong sqlRows,
      long dirtyEntries,
      Duration averageFlushTime,
      Duration consistencyWindowP95,
      LagStats lag,
      Backlog backlog,
      boolean kvAnswered,
      long violations,
      long kvBytes) {}

  /**
   * The entries of a journal that are later than the position: acknowledged, and not in PostgreSQL
   * yet. They may be written by any process; every process that looks sees the same backlog.
   *
   * @param messages how many journal entries wait; of a key that is overwritten the stream keeps
   *     the last five, so that this may be less than was written
   * @param bytes about how large they are: their share of the bucket by number, or what the bucket
   *     grew by since nothing waited, whichever is more
   * @param oldestAge how long ago the first of them was stored, by the NATS server's clock; zero
   *     when nothing waits
   */
  record Backlog(long messages, long bytes, Duration oldestAge) {

    /** Nothing waits. */
    public static final Backlog NONE = new Backlog(0, 0, Duration.ZERO);

    /** Whether nothing waits. */
    public boolean isEmpty() {
      return messages == 0;
    }
  }

  /**
   * The result of a comparison of KV with PostgreSQL.
   *
   * @param scope the scope of the comparison
   * @param startedAt when it began
   * @param took how long it took
   * @param compared how many keys were compared; one that is met again by an older message counts
   *     again
   * @param inFlight how many were not, because they were being written or not flushed in time
   * @param deadLettered how many differ because PostgreSQL refused them; they are kept as dead
   *     letters
   * @param found how many inconsistencies there are of each kind
   * @param inconsistencies the first 1,000 of them
   */
  record ConsistencyReport(
      CheckScope scope,
      Instant startedAt,
      Duration took,
      long compared,
      long inFlight,
      long deadLettered,
      Map<Inconsistency.Kind, Long> found,
      List<Inconsistency> inconsistencies) {

    /** Keeps copies. */
    public ConsistencyReport {
      found = Map.copyOf(found);
      inconsistencies = List.copyOf(inconsistencies);
    }

    /** Whether nothing was found. */
    public boolean isConsistent() {
      return found.isEmpty();
    }
  }

  /**
   * An entry on which KV and PostgreSQL disagree although no write of it is in flight, or that has
   * no owner or cannot be read. Holds no value.
   *
   * @param kind how they disagree
   * @param subject the entry's raw subject, or its key where it is in PostgreSQL alone
   * @param key its key; empty when the subject names none
   * @param kvRevision its revision in KV
   * @param sqlRevision its revision in PostgreSQL
   * @param repair the treatment of it
   */
  record Inconsistency(
      Kind kind,
      String subject,
      Optional<StateKey> key,
      Optional<Revision.OfJournal> kvRevision,
      Optional<Revision.OfJournal> sqlRevision,
      Repair repair) {

    /** How the stores disagree about an entry. */
    public enum Kind {
      /** KV has a write that was flushed, and PostgreSQL has no row. Repaired from KV. */
      MISSING_IN_SQL,
      /** PostgreSQL has an older revision than the one that was flushed. Repaired from KV. */
      SQL_BEHIND,
      /**
       * Same revision, another value, end or checksum. Repaired from KV, where the write itself is.
       */
      VALUE_DIFFERS,
      /**
       * PostgreSQL has a later revision than the last write, which the stream never gave to this
       * key. Repaired from KV where the stream shows that another key has it; else left to an
       * operator.
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

      /** Returns whether this kind is about entries without an owner, or unreadable ones. */
      public boolean isOrphan() {
        return compareTo(STALE_HYDRATION) > 0;
      }
    }

    /** The treatment of an inconsistency. */
    public enum Repair {
      /** Nothing: repair is off, the orphan is too young, or an operator has to decide. */
      LEFT,
      /** It is repaired. */
      REPAIRED,
      /** The repairing write was acknowledged, and not committed within the time of the check. */
      UNDER_WAY,
      /** The entry was written meanwhile; the newer write stays and is flushed. */
      SUPERSEDED,
      /** A store refused or did not answer; the next check tries again. */
      FAILED
    }
  }
}
