package io.mistersmith.persistence.core.internal.session;

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

/** What is changed and listed in PostgreSQL, in a transaction or without one. */
abstract class SessionChanges implements Sessions {

  final SessionStore store;
  final SessionCopies copies;

  SessionChanges(SessionStore store, SessionCopies copies) {
    this.store = store;
    this.copies = copies;
  }

  /** Has KV told of a row that was read after {@code began}, once it is committed. */
  abstract void tellChanged(StoredSession row, Instant began);

  /** Has KV told of revocations, once they are committed. */
  abstract void tellRevoked(List<Revoked> revoked);

  @Override
  public final List<Session> find(SessionQuery query) {
    return store.find(query).stream().map(StoredSession::session).toList();
  }

  @Override
  public final Optional<Session> setPermissions(UUID session, Set<String> permissions) {
    return change(session, Optional.of(NewSession.permissions(permissions)), Optional.empty());
  }

  @Override
  public final Optional<Session> setPreferences(UUID session, Map<String, String> preferences) {
    return change(session, Optional.empty(), Optional.of(NewSession.preferences(preferences)));
  }

  private Optional<Session> change(
      UUID id, Optional<Set<String>> permissions, Optional<Map<String, String>> preferences) {
    Instant began = copies.now();
    Optional<StoredSession> row = store.change(id, permissions, preferences);
    row.ifPresent(changed -> tellChanged(changed, began));
    return row.map(StoredSession::session);
  }

  @Override
  public final boolean revoke(UUID session) {
    return revoke(List.of(session)) > 0;
  }

  @Override
  public final int revokeAll(SessionQuery query) {
    int revoked = 0;
    SessionQuery page = query;
    while (true) {
      List<Session> found = find(page);
      revoked += found.isEmpty() ? 0 : revoke(found.stream().map(Session::id).toList());
      if (found.size() < page.limit()) {
        return revoked;
      }
      page = page.after(found.get(found.size() - 1));
    }
  }

  private int revoke(List<UUID> ids) {
    List<Revoked> revoked = store.revoke(ids);
    tellRevoked(revoked);
    return (int) revoked.stream().filter(Revoked::now).count();
  }
}
