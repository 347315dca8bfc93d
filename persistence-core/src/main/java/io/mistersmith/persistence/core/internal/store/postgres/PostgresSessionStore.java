package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.spi.sql.SessionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.statement.Query;

/**
 * Sessions in {@code sessions.active}. What a statement waits for can be revoked or expire
 * meanwhile, so its conditions ask the clock again for each row; only where many rows are looked
 * through is it asked once, so that an index serves.
 */
final class PostgresSessionStore implements SessionStore {

  private static final String COLUMNS =
      """
      session_id, session_token, agent_id, user_id, session_type, permissions, preferences,
             host(ip_address) AS address, user_agent, version,
             created_at, last_activity, expires_at,
             (extract(epoch FROM time_to_live) * 1000)::bigint AS time_to_live_millis,
             (extract(epoch FROM expires_at - clock_timestamp()) * 1000000)::bigint AS left_micros
      """;

  private static final String VALID = "revoked_at IS NULL AND expires_at > clock_timestamp()";

  private static final String CREATE =
      """
      INSERT INTO sessions.active
             (session_token, agent_id, user_id, session_type, permissions, preferences, ip_address,
              user_agent, time_to_live, created_at, last_activity, expires_at)
      SELECT :token, :agent::uuid, :user, :type, :permissions::jsonb, :preferences::jsonb,
             :address::inet, :userAgent, :timeToLive::interval, t.at, t.at,
             t.at + :timeToLive::interval
        FROM (SELECT clock_timestamp() AS at) AS t
      RETURNING
      """
          + COLUMNS;

  private static final String FIND =
      "SELECT " + COLUMNS + " FROM sessions.active WHERE session_token = :token AND " + VALID;

  private static final String TOUCH =
      """
      UPDATE sessions.active
         SET last_activity = clock_timestamp(), expires_at = clock_timestamp() + time_to_live,
             version = version + 1
       WHERE session_token = :token AND last_activity <= clock_timestamp() - time_to_live / 10 AND
      """
          + VALID
          + " RETURNING "
          + COLUMNS;

  private static final String CHANGE =
      """
      UPDATE sessions.active
         SET permissions = coalesce(:permissions::jsonb, permissions),
             preferences = coalesce(:preferences::jsonb, preferences),
             version = version + 1, unpublished = TRUE
       WHERE session_id = :id AND
      """
          + VALID
          + " RETURNING "
          + COLUMNS;

  private static final String REVOKE =
      """
      UPDATE sessions.active
         SET revoked_at = clock_timestamp(), version = version + 1, unpublished = TRUE
       WHERE session_id = ANY (:ids::uuid[]) AND
      """
          + VALID
          + " RETURNING session_id, session_token, version";

  private static final String REVOKED_BEFORE =
      """
      SELECT session_id, session_token, version
        FROM sessions.active
       WHERE session_id = ANY (:ids::uuid[]) AND revoked_at IS NOT NULL AND unpublished
      """;

  private static final String UNPUBLISHED =
      "SELECT "
          + COLUMNS
          + ", "
          + VALID
          + " AS valid FROM sessions.active WHERE unpublished LIMIT :limit";

  private static final String MARK_PUBLISHED =
      """
      UPDATE sessions.active AS a
         SET unpublished = FALSE
        FROM unnest(:ids, :versions) AS p (session_id, version)
       WHERE a.session_id = p.session_id::uuid AND a.version = p.version AND a.unpublished
      """;

  private static final String REPUBLISH_REVOKED =
      """
      UPDATE sessions.active
         SET unpublished = TRUE
       WHERE revoked_at IS NOT NULL AND NOT unpublished
      """;

  private static final String REMOVE_EXPIRED =
      """
      DELETE FROM sessions.active
       WHERE session_id IN (SELECT session_id
                              FROM sessions.active
                             WHERE expires_at <= (SELECT clock_timestamp())
                             ORDER BY expires_at
                             LIMIT :limit
                               FOR UPDATE SKIP LOCKED)
      """;

  private static final String REMOVE_REVOKED =
      """
      DELETE FROM sessions.active
       WHERE session_id IN (SELECT session_id
                              FROM sessions.active
                             WHERE revoked_at <= (SELECT clock_timestamp()) - :kept::interval
                               AND NOT unpublished
                             ORDER BY revoked_at
                             LIMIT :limit
                               FOR UPDATE SKIP LOCKED)
      """;

  private final Statements statements;

  PostgresSessionStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public StoredSession create(NewSession session, String tokenHash) {
    return statements.write(
        "open a session" + session.agent().map(agent -> " of agent " + agent).orElse(""),
        handle ->
            handle
                .createQuery(CREATE)
                .bind("token", tokenHash)
                .bind("agent", session.agent().map(AgentId::uuid).orElse(null))
                .bind("user", session.user().orElse(null))
                .bind("type", SessionRow.column(session.type()))
                .bind("permissions", SessionRow.json(session.permissions()))
                .bind("preferences", SessionRow.json(session.preferences()))
                .bind("address", SessionRow.text(session.address()))
                .bind("userAgent", session.userAgent().orElse(null))
                .bind("timeToLive", session.timeToLive().toString())
                .map(SessionRow::stored)
                .one());
  }

  @Override
  public Optional<StoredSession> find(String tokenHash) {
    return statements.read(
        "find a session by its token",
        handle ->
            handle.createQuery(FIND).bind("token", tokenHash).map(SessionRow::stored).findOne());
  }

  @Override
  public Optional<StoredSession> touch(String tokenHash) {
    Optional<StoredSession> touched =
        statements.write(
            "extend a session",
            handle ->
                handle
                    .createQuery(TOUCH)
                    .bind("token", tokenHash)
                    .map(SessionRow::stored)
                    .findOne());
    return touched.isPresent() ? touched : find(tokenHash);
  }

  @Override
  public Optional<StoredSession> change(
      UUID id, Optional<Set<String>> permissions, Optional<Map<String, String>> preferences) {
    return statements.write(
        "change session " + id,
        handle ->
            handle
                .createQuery(CHANGE)
                .bind("id", id)
                .bind("permissions", permissions.map(SessionRow::json).orElse(null))
                .bind("preferences", preferences.map(SessionRow::json).orElse(null))
                .map(SessionRow::stored)
                .findOne());
  }

  @Override
  public List<Revoked> revoke(Collection<UUID> ids) {
    String what =
        ids.size() == 1
            ? "revoke session " + ids.iterator().next()
            : "revoke " + ids.size() + " sessions";
    List<Revoked> revoked =
        new ArrayList<>(
            statements.write(
                what,
                handle ->
                    handle
                        .createQuery(REVOKE)
                        .bind("ids", texts(ids))
                        .map((row, context) -> SessionRow.revoked(row, true))
                        .list()));
    Set<UUID> rest = new HashSet<>(ids);
    revoked.forEach(row -> rest.remove(row.id()));
    if (!rest.isEmpty()) {
      revoked.addAll(
          statements.read(
              what,
              handle ->
                  handle
                      .createQuery(REVOKED_BEFORE)
                      .bind("ids", texts(rest))
                      .map((row, context) -> SessionRow.revoked(row, false))
                      .list()));
    }
    return revoked;
  }

  private static SqlArray texts(Collection<UUID> ids) {
    return SqlArray.text(ids.stream().map(UUID::toString).toList());
  }

  @Override
  public List<StoredSession> find(SessionQuery query) {
    return statements.read(
        "find sessions",
        handle -> bind(handle.createQuery(sql(query)), query).map(SessionRow::stored).list());
  }

  private static String sql(SessionQuery query) {
    return "SELECT "
        + COLUMNS
        + " FROM sessions.active WHERE "
        + VALID
        + query.user().map(user -> " AND user_id = :user").orElse("")
        + query.agent().map(agent -> " AND agent_id = :agent").orElse("")
        + query.type().map(type -> " AND session_type = :type").orElse("")
        + query
            .after()
            .map(after -> " AND (created_at, session_id) < (:at::timestamptz, :after)")
            .orElse("")
        + " ORDER BY created_at DESC, session_id DESC LIMIT :limit";
  }

  private static Query bind(Query statement, SessionQuery query) {
    statement.bind("limit", query.limit());
    query.user().ifPresent(user -> statement.bind("user", user));
    query.agent().ifPresent(agent -> statement.bind("agent", agent.uuid()));
    query.type().map(SessionRow::column).ifPresent(type -> statement.bind("type", type));
    query.after().ifPresent(after -> bindAfter(statement, after));
    return statement;
  }

  private static void bindAfter(Query statement, Session after) {
    statement.bind("at", SqlTime.text(after.createdAt())).bind("after", after.id());
  }

  @Override
  public List<Unpublished> unpublished(int limit) {
    return statements.read(
        "find unpublished sessions",
        handle ->
            handle
                .createQuery(UNPUBLISHED)
                .bind("limit", limit)
                .map(SessionRow::unpublished)
                .list());
  }

  @Override
  public void markPublished(Map<UUID, Long> versions) {
    if (versions.isEmpty()) {
      return;
    }
    List<Map.Entry<UUID, Long>> rows = List.copyOf(versions.entrySet());
    int unused =
        statements.write(
            "mark sessions as published",
            handle ->
                handle
                    .createUpdate(MARK_PUBLISHED)
                    .bind("ids", texts(rows.stream().map(Map.Entry::getKey).toList()))
                    .bind(
                        "versions",
                        SqlArray.bigint(rows.stream().map(Map.Entry::getValue).toList()))
                    .execute());
  }

  @Override
  public int republishRevoked() {
    return statements.write(
        "mark revoked sessions as unpublished",
        handle -> handle.createUpdate(REPUBLISH_REVOKED).execute());
  }

  @Override
  public int removeEnded(Duration revokedFor, int limit) {
    int expired =
        statements.write(
            "remove expired sessions",
            handle -> handle.createUpdate(REMOVE_EXPIRED).bind("limit", limit).execute());
    int revoked =
        statements.write(
            "remove revoked sessions",
            handle ->
                handle
                    .createUpdate(REMOVE_REVOKED)
                    .bind("kept", revokedFor.toString())
                    .bind("limit", limit)
                    .execute());
    return expired + revoked;
  }
}
