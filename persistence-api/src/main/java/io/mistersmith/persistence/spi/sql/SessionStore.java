package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.SessionQuery;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Sessions, by the hashes of their tokens. The store's own clock says when a session has expired;
 * one that has, or that was revoked, is valid no more. Each change of a row raises its version.
 * Thread-safe.
 */
public interface SessionStore {

  /**
   * Adds a session.
   *
   * @param tokenHash the SHA-256 of its token, in hexadecimal digits
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code
   *     CONSTRAINT_VIOLATION} when its agent is not registered
   */
  StoredSession create(NewSession session, String tokenHash);

  /** The valid session with this token. */
  @SqlAccess.Read
  Optional<StoredSession> find(String tokenHash);

  /**
   * The valid session with this token. Extends it to its time to live from now, unless it was
   * extended within the last tenth of that.
   */
  Optional<StoredSession> touch(String tokenHash);

  /**
   * Changes a valid session, and marks it as unpublished.
   *
   * @param permissions the new ones; empty to leave them
   * @param preferences the new ones; empty to leave them
   * @return the changed session; empty when there is no valid one
   */
  Optional<StoredSession> change(
      UUID id, Optional<Set<String>> permissions, Optional<Map<String, String>> preferences);

  /**
   * Revokes those of the sessions that are valid, and marks them as unpublished.
   *
   * @return these, and those that were revoked before and are unpublished still
   */
  List<Revoked> revoke(Collection<UUID> ids);

  /** The valid sessions that the query selects, latest first, and of one time the higher id. */
  @SqlAccess.Read
  List<StoredSession> find(SessionQuery query);

  /** Some rows that are unpublished, valid or not. */
  @SqlAccess.Read
  List<Unpublished> unpublished(int limit);

  /** Takes the mark off these rows, where they still have this version. */
  void markPublished(Map<UUID, Long> versions);

  /**
   * Marks all revoked sessions as unpublished again.
   *
   * @return how many there are
   */
  int republishRevoked();

  /**
   * Removes sessions that have expired, and published ones that were revoked so long ago, at most
   * this many; returns how many.
   */
  int removeEnded(Duration revokedFor, int limit);

  /**
   * A session that was valid when the store was asked.
   *
   * @param session the session
   * @param tokenHash the SHA-256 of its token
   * @param version its version
   * @param left how much longer it was valid then
   */
  record StoredSession(Session session, String tokenHash, long version, Duration left) {}

  /**
   * A session that is revoked.
   *
   * @param id its id
   * @param tokenHash the SHA-256 of its token
   * @param version its version
   * @param now whether this call has revoked it
   */
  record Revoked(UUID id, String tokenHash, long version, boolean now) {}

  /**
   * A row that is unpublished.
   *
   * @param id the session's id
   * @param tokenHash the SHA-256 of its token
   * @param version its version
   * @param valid the session, if it is valid; empty when it was revoked or has expired
   */
  record Unpublished(UUID id, String tokenHash, long version, Optional<StoredSession> valid) {}
}
