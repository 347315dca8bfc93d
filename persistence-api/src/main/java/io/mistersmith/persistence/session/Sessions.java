package io.mistersmith.persistence.session;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Sessions of users and agents. A session is a row in PostgreSQL, and while it is used a copy in
 * KV, which answers {@link #find} and {@link #touch}. Thread-safe; any number of processes may use
 * the sessions at once.
 *
 * <p>Once {@link #revoke} has returned, no read of any process that begins later returns the
 * session, whatever copies of it there were and whichever process dies. A session that has expired
 * is not returned either; both are removed in the background.
 *
 * <p>While KV is away, PostgreSQL answers. While PostgreSQL is away, KV answers for the sessions
 * that it has; they are not extended meanwhile, and changes fail as transient.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s.
 */
public interface Sessions {

  /** The longest text that {@link #find} looks up; no token is longer. */
  int MAX_TOKEN = 255;

  /**
   * Opens a session.
   *
   * @return the session with its token, which is given out here and kept nowhere: the stores have
   *     its SHA-256
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when its agent is not registered
   */
  Opened open(NewSession session);

  /**
   * Returns the valid session with this token, without extending it. Any text may be asked for;
   * what is no token has no session.
   */
  Optional<Session> find(String token);

  /**
   * Returns the valid session with this token, and extends it: it ends its time to live from now.
   * That is written at most every tenth of the time to live; a touch in between is a {@link #find},
   * so that a session may end a tenth sooner than its last touch says.
   */
  Optional<Session> touch(String token);

  /**
   * Returns a page of the valid sessions that the query selects, latest first, from PostgreSQL.
   * Fewer than the query's limit are on the last page alone; ask for the next one with {@code
   * query.after(last session)}.
   */
  List<Session> find(SessionQuery query);

  /**
   * Gives a valid session other permissions. Once it has returned, no read of any process that
   * begins later has the old ones.
   *
   * @return the changed session; empty when there is no valid one
   * @throws IllegalArgumentException as {@link NewSession#withPermissions} does
   * @throws io.mistersmith.persistence.error.TransientPersistenceException as {@link #revoke} does
   */
  Optional<Session> setPermissions(UUID session, Set<String> permissions);

  /**
   * {@link #setPermissions} with preferences.
   *
   * @throws IllegalArgumentException as {@link NewSession#withPreferences} does
   */
  Optional<Session> setPreferences(UUID session, Map<String, String> preferences);

  /**
   * Ends a session in every process.
   *
   * @return whether it was valid before; false also when an earlier call has revoked it
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when a store does not
   *     answer. Where KV did not, PostgreSQL has the revocation, and some process tells KV within
   *     seconds of its answering again; until then processes that reach KV may return the session.
   *     Call it again to be sure
   */
  boolean revoke(UUID session);

  /**
   * Revokes all sessions that the query selects, on all of its pages, and returns how many. One
   * that is opened meanwhile may be missed.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException as {@link #revoke} does
   */
  int revokeAll(SessionQuery query);

  /**
   * A session that was just opened.
   *
   * @param token what its holder shows: 43 random characters of the letters A-Z, a-z, digits, - and
   *     _. Send it over encrypted connections alone
   * @param session the session
   */
  record Opened(String token, Session session) {

    /** Returns the session; the token must not get into a log. */
    @Override
    public String toString() {
      return "Opened[" + session + "]";
    }
  }
}
