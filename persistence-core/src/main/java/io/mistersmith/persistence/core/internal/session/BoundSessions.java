package io.mistersmith.persistence.core.internal.session;

import io.mistersmith.persistence.core.internal.session.SessionCopies.Look;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SessionStore.Revoked;
import io.mistersmith.persistence.spi.sql.SessionStore.StoredSession;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions in a transaction: PostgreSQL now, KV after the commit. A row that KV was not told of
 * is marked as unpublished.
 */
final class BoundSessions extends SessionChanges {

  private static final Logger LOG = LoggerFactory.getLogger(BoundSessions.class);

  private final StoredSessions sessions;
  private final Consumer<Runnable> afterCommit;

  BoundSessions(SessionStore store, StoredSessions sessions, Consumer<Runnable> afterCommit) {
    super(store, sessions.copies);
    this.sessions = sessions;
    this.afterCommit = afterCommit;
  }

  @Override
  public Opened open(NewSession session) {
    String token = sessions.tokens().next();
    Look nothing = Look.nothing(copies.now());
    StoredSession row = store.create(session, SessionTokens.hash(token).orElseThrow());
    afterCommit.accept(() -> copies.keep(row, nothing));
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
  void tellChanged(StoredSession row, Instant began) {
    tell(() -> sessions.tellChanged(row, began));
  }

  @Override
  void tellRevoked(List<Revoked> revoked) {
    tell(() -> sessions.tellRevoked(revoked));
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
