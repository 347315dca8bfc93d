package io.mistersmith.persistence.core.internal.session;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.SessionStore.StoredSession;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The copies of sessions in KV. Thread-safe.
 *
 * <p>PostgreSQL decides, and every change is committed there before it is published to KV: a row
 * that is revoked never becomes valid again, and each change raises its version. Reads ask KV
 * first, always its leader, and no process keeps a session in memory. What can go wrong between the
 * two:
 *
 * <ul>
 *   <li><b>Killed between the stores.</b> The commit that revokes or changes a row marks it as
 *       unpublished; the mark is removed once KV has the change. Each runtime that uses sessions
 *       publishes what it finds marked.
 *   <li><b>Revoke against touch.</b> A revocation is a delete marker, written whatever is there. A
 *       touch writes its copy only over the message that it has read before ({@link #keep}), so the
 *       marker is either after the copy or refuses it. The row itself: both are conditional updates
 *       of one row, and a touch finds a revoked one not valid.
 *   <li><b>Revoke against hydrate.</b> A process that found no copy reads the row, is held up, and
 *       writes its copy late. It may do so only where there is nothing, and the marker is
 *       something. But the bucket drops a marker after its maximum age, so a copy also says when
 *       the row began to be read, and one that was stored more than half of that age later counts
 *       for nothing: any marker that is younger than the reading was still there when it was
 *       stored, and has refused it.
 *   <li><b>Change against hydrate and touch.</b> The same, by a copy in place of the marker: a
 *       change writes one even where there was none, over older versions alone, until it is there.
 *   <li><b>Two clocks.</b> PostgreSQL says how much longer a session is valid. A copy ends so much
 *       later than the moment before that was asked, by KV's clock: never later than the row,
 *       however the clocks differ. What a copy's end costs is a question to PostgreSQL.
 *   <li><b>A marker that KV forgot</b>, as when its machine lost power: revoked rows are kept for a
 *       while, and published again when a runtime begins to use sessions and after each loss of its
 *       connection.
 * </ul>
 */
final class SessionCopies {

  private static final Logger LOG = LoggerFactory.getLogger(SessionCopies.class);
  private static final String TYPE = "_session";
  private static final String COPY = "copy";
  private static final byte[] NO_VALUE = {};

  private final HotReads reads;
  private final HotWrites writes;
  private final Clock clock;
  private final Sealing sealing;

  /**
   * Copies in this bucket.
   *
   * @param clock the clock of its server
   * @param sealing encrypts them
   */
  SessionCopies(HotBucket bucket, Clock clock, Sealing sealing) {
    this.sealing = sealing;
    this.reads = bucket.reads();
    this.writes = bucket.writes();
    this.clock = clock;
  }

  /**
   * What KV says of a session.
   *
   * @param session the session, if there is a valid copy
   * @param version the version of that copy; 0 where there is none
   * @param isDue whether a touch of it is to be written
   * @param isEnded whether there is a marker: the session is valid no more
   * @param place the sequence of what was found
   * @param at when KV was asked, by its clock
   */
  record Look(
      Optional<Session> session,
      long version,
      boolean isDue,
      boolean isEnded,
      long place,
      Instant at) {

    /** A look that found nothing. */
    static Look nothing(Instant at) {
      return new Look(Optional.empty(), 0, false, false, HotWrites.NONE, at);
    }
  }

  Instant now() {
    return clock.instant();
  }

  /** Asks KV. */
  Look look(String tokenHash) {
    Instant now = now();
    Optional<HotEntry> found = reads.get(key(tokenHash), ReadFrom.LEADER);
    if (found.isEmpty()) {
      return Look.nothing(now);
    }
    HotEntry entry = found.get();
    if (entry.operation() == Operation.DELETE) {
      return new Look(Optional.empty(), 0, false, true, entry.sequence(), now);
    }
    Optional<SessionCopy> copy = copy(entry).filter(made -> isInTime(made, entry));
    Optional<Session> session = copy.flatMap(SessionCopy::session);
    Optional<Instant> end = entry.metadata().expiresAt();
    if (session.isEmpty() || end.isEmpty() || !end.get().isAfter(now)) {
      return new Look(Optional.empty(), 0, false, false, entry.sequence(), now);
    }
    Duration untilDue = session.get().timeToLive().dividedBy(10).multipliedBy(9);
    return new Look(
        session,
        copy.get().version(),
        !end.get().minus(untilDue).isAfter(now),
        false,
        entry.sequence(),
        now);
  }

  /** Returns the copy; empty where it cannot be read, so that PostgreSQL is asked. */
  private Optional<SessionCopy> copy(HotEntry entry) {
    try {
      return SessionCopy.decode(sealing.open(entry.key(), entry.value()));
    } catch (PersistenceException e) {
      LOG.debug("a session's copy in KV cannot be read: {}", e.getMessage());
      return Optional.empty();
    }
  }

  /** Whether a marker that the copy could not see was there to refuse it. */
  private boolean isInTime(SessionCopy copy, HotEntry entry) {
    Duration maxAge = reads.maxAge();
    return maxAge.isZero()
        || Duration.between(copy.began(), entry.time()).compareTo(maxAge.dividedBy(2)) <= 0;
  }

  /**
   * Keeps a copy of a row that was read after the look, unless KV has been told anything since.
   * Nobody needs the copy: where it cannot be kept, PostgreSQL is asked again.
   */
  void keep(StoredSession row, Look look) {
    try {
      long unused = put(row, look.at(), look.place());
    } catch (PersistenceException e) {
      LOG.debug("session {}: no copy in KV: {}", row.session().id(), e.getMessage());
    }
  }

  /**
   * Tells KV of a row that was read after {@code began}, and that KV has this version or a later
   * one when this returns, or the marker.
   */
  void publish(StoredSession row, Instant began) {
    StateKey key = key(row.tokenHash());
    long unused =
        Conflicts.retry(
            () -> {
              Optional<HotEntry> there = reads.get(key, ReadFrom.LEADER);
              long place = there.map(HotEntry::sequence).orElse(HotWrites.NONE);
              return isTold(row, there) ? place : put(row, began, place);
            });
  }

  private boolean isTold(StoredSession row, Optional<HotEntry> there) {
    return there
        .filter(
            entry ->
                entry.operation() == Operation.DELETE
                    || copy(entry).filter(copy -> isTold(row, copy)).isPresent())
        .isPresent();
  }

  /** A version can have two contents, when PostgreSQL lost a commit in a failover. */
  private static boolean isTold(StoredSession row, SessionCopy copy) {
    Session is = row.session();
    return copy.version() > row.version()
        || (copy.version() == row.version()
            && copy.session()
                .map(
                    told ->
                        told.permissions().equals(is.permissions())
                            && told.preferences().equals(is.preferences()))
                .orElse(true));
  }

  private long put(StoredSession row, Instant began, long place) {
    StateKey key = key(row.tokenHash());
    SessionCopy copy = new SessionCopy(row.version(), began, Optional.of(row.session()));
    byte[] value = sealing.seal(key, copy.encode());
    if (value.length > writes.maxValueBytes()) {
      SessionCopy empty = new SessionCopy(row.version(), began, Optional.empty());
      value = sealing.seal(key, empty.encode());
    }
    EntryMetadata metadata =
        new EntryMetadata(Optional.empty(), Optional.of(began.plus(row.left())), Optional.empty());
    return writes.publish(key, Operation.PUT, value, metadata, place);
  }

  /** Ends sessions: when this returns, no look finds them any more. */
  void end(Collection<String> tokenHashes) {
    List<CompletableFuture<Long>> sent =
        tokenHashes.stream()
            .map(
                hash ->
                    writes.publishAsync(
                        key(hash), Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotWrites.ANY))
            .toList();
    for (CompletableFuture<Long> answer : sent) {
      try {
        long unused = answer.join();
      } catch (CompletionException e) {
        if (Failures.cause(e) instanceof PersistenceException failure) {
          throw failure;
        }
        throw e;
      }
    }
  }

  /** Ends a session that PostgreSQL does not have, unless KV has been told anything since. */
  void endFound(String tokenHash, Look look) {
    try {
      long unused =
          writes.publish(
              key(tokenHash), Operation.DELETE, NO_VALUE, EntryMetadata.NONE, look.place());
    } catch (PersistenceException e) {
      LOG.debug("a session that PostgreSQL does not have is still in KV: {}", e.getMessage());
    }
  }

  private static StateKey key(String tokenHash) {
    return new StateKey(AgentId.external(tokenHash), TYPE, COPY);
  }
}
