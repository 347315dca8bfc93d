package io.mistersmith.persistence.core.internal.session;

import io.mistersmith.persistence.core.internal.session.SessionCopies.Look;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SessionStore.Revoked;
import io.mistersmith.persistence.spi.sql.SessionStore.StoredSession;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions in a transaction: PostgreSQL now, KV after the commit. A row that KV was not told of
 * is marked as unpublished.
 */
final class BoundSessions implements Sessions {

  private static final Logger LOG = LoggerFactory.getLogger(BoundSessions.class);

  private final SessionStore store;
  private final StoredSessions sessions;
  private final Consumer<Runnable> afterCommit;

  BoundSessions(SessionStore store, StoredSessions sessions, Consumer<Runnable> afterCommit) {
    this.store = store;
    this.sessions = sessions;
    this.afterCommit = afterCommit;
  }

  @Override
  public Opened open(NewSession session) {
    String token = sessions.tokens().next();
    Look nothing = Look.nothing(sessions.copies().now());
    StoredSession row = store.create(session, SessionTokens.hash(token).orElseThrow());
    afterCommit.accept(() -> sessions.copies().keep(row, nothing));
    return new Opened(token, row.session());
  }

  @Override
  public Optional<Session> find(String token) {
    return SessionTokens.hash(token).flatMap(store::find).map(StoredSession::session);
  }

  @Override
  public Optional<Session> touch(String token) {
    return SessionTokens.hash(token).flatMap(store::touch).map(StoredSession::session);
  }

  @Override
  public List<Session> find(SessionQuery query) {
    return StoredSessions.sessions(store.find(query));
  }

  @Override
  public Optional<Session> setPermissions(UUID session, Set<String> permissions) {
    return change(session, Optional.of(NewSession.permissions(permissions)), Optional.empty());
  }

  @Override
  public Optional<Session> setPreferences(UUID session, Map<String, String> preferences) {
    return change(session, Optional.empty(), Optional.of(NewSession.preferences(preferences)));
  }

  private Optional<Session> change(
      UUID id, Optional<Set<String>> permissions, Optional<Map<String, String>> preferences) {
    Instant began = sessions.copies().now();
    Optional<StoredSession> row = store.change(id, permissions, preferences);
    row.ifPresent(changed -> tell(() -> sessions.publish(changed, began)));
    return row.map(StoredSession::session);
  }

  @Override
  public boolean revoke(UUID session) {
    return revoke(List.of(session)) > 0;
  }

  @Override
  public int revokeAll(SessionQuery query) {
    int revoked = 0;
    List<Session> found;
    SessionQuery page = query;
    do {
      found = find(page);
      if (!found.isEmpty()) {
        revoked += revoke(found.stream().map(Session::id).toList());
        page = page.after(found.get(found.size() - 1));
      }
    } while (found.size() == page.limit());
    return revoked;
  }

  private int revoke(List<UUID> ids) {
    List<Revoked> revoked = store.revoke(ids);
    tell(() -> sessions.end(revoked));
    return (int) revoked.stream().filter(Revoked::now).count();
  }

  private void tell(Runnable telling) {
    afterCommit.accept(
        () -> {
          try {
            telling.run();
          } catch (PersistenceException e) {
            LOG.info("KV is told of a committed transaction later: {}", e.getMessage());
          }
        });
  }
}
