package io.mistersmith.persistence.core.internal.session;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.session.SessionCopies.Look;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SessionStore.Revoked;
import io.mistersmith.persistence.spi.sql.SessionStore.StoredSession;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions in both stores: read from KV first, and changed in PostgreSQL first; {@link
 * SessionCopies} says why no copy outlives a revocation. Thread-safe.
 */
public final class StoredSessions extends SessionChanges {

  private static final Logger LOG = LoggerFactory.getLogger(StoredSessions.class);

  private final SessionTokens tokens = new SessionTokens();
  private final Set<String> extending = ConcurrentHashMap.newKeySet();

  /**
   * Sessions of {@code store} with copies in this bucket.
   *
   * @param clock the clock of the bucket's server
   * @param sealing encrypts the copies
   */
  public StoredSessions(SessionStore store, HotBucket bucket, Clock clock, Sealing sealing) {
    super(store, new SessionCopies(bucket, clock, sealing));
  }

  /** The sessions in a transaction; {@code afterCommit} takes what is to be done once committed. */
  public Sessions in(SessionStore bound, Consumer<Runnable> afterCommit) {
    return new BoundSessions(bound, this, afterCommit);
  }

  SessionTokens tokens() {
    return tokens;
  }

  @Override
  public Opened open(NewSession session) {
    String token = tokens.next();
    Look nothing = Look.nothing(copies.now());
    StoredSession row = store.create(session, SessionTokens.hash(token).orElseThrow());
    copies.keep(row, nothing);
    return new Opened(token, row.session());
  }

  @Override
  public Optional<Session> find(String token) {
    return SessionTokens.hash(token)
        .flatMap(
            hash ->
                looked(
                    hash,
                    store::find,
                    look -> look.session().isPresent() ? look.session() : load(hash, look)));
  }

  private Optional<Session> load(String hash, Look look) {
    Optional<StoredSession> row = store.find(hash);
    row.ifPresent(found -> copies.keep(found, look));
    return row.map(StoredSession::session);
  }

  /** Asks KV, or PostgreSQL alone while KV is away. */
  private Optional<Session> looked(
      String hash,
      Function<String, Optional<StoredSession>> alone,
      Function<Look, Optional<Session>> answer) {
    Look look;
    try {
      look = copies.look(hash);
    } catch (TransientPersistenceException e) {
      if (!Failures.isAway(e)) {
        throw e;
      }
      try {
        return alone.apply(hash).map(StoredSession::session);
      } catch (PersistenceException both) {
        both.addSuppressed(e);
        throw both;
      }
    }
    return look.isEnded() ? Optional.empty() : answer.apply(look);
  }

  @Override
  public Optional<Session> touch(String token) {
    return SessionTokens.hash(token)
        .flatMap(hash -> looked(hash, store::touch, look -> touch(hash, look)));
  }

  /** One thread of a process extends a session; the others need not wait for it. */
  private Optional<Session> touch(String hash, Look look) {
    boolean mine = extending.add(hash);
    try {
      return look.session().isPresent() && !(look.isDue() && mine)
          ? look.session()
          : extend(hash, look);
    } finally {
      if (mine) {
        extending.remove(hash);
      }
    }
  }

  private Optional<Session> extend(String hash, Look look) {
    Optional<StoredSession> row;
    try {
      row = store.touch(hash);
    } catch (TransientPersistenceException e) {
      if (look.session().isEmpty()) {
        throw e;
      }
      LOG.debug("session {} not extended: {}", look.session().get().id(), e.getMessage());
      return look.session();
    }
    if (row.isEmpty() && look.session().isPresent()) {
      copies.endFound(hash, look);
    }
    row.filter(found -> found.version() > look.version())
        .ifPresent(found -> copies.keep(found, look));
    return row.map(StoredSession::session);
  }

  @Override
  void tellChanged(StoredSession row, Instant began) {
    try {
      copies.publish(row, began);
    } catch (TransientPersistenceException e) {
      throw notTold("session " + row.session().id() + " is changed", e);
    }
    published(Map.of(row.session().id(), row.version()));
  }

  @Override
  void tellRevoked(List<Revoked> revoked) {
    try {
      copies.end(revoked.stream().map(Revoked::tokenHash).toList());
    } catch (TransientPersistenceException e) {
      throw notTold(
          revoked.size() == 1
              ? "session " + revoked.get(0).id() + " is revoked"
              : revoked.size() + " sessions are revoked",
          e);
    }
    Map<UUID, Long> versions = new HashMap<>();
    revoked.forEach(row -> versions.put(row.id(), row.version()));
    published(versions);
  }

  private static TransientPersistenceException notTold(
      String what, TransientPersistenceException failure) {
    return new TransientPersistenceException(
        failure.error(),
        what
            + " in PostgreSQL; KV may not know of it yet, and is told as soon as it answers: "
            + failure.getMessage(),
        failure);
  }

  /** A mark that is left has KV told once more. */
  void published(Map<UUID, Long> versions) {
    try {
      store.markPublished(versions);
    } catch (PersistenceException e) {
      LOG.debug("{} sessions not marked as published: {}", versions.size(), e.getMessage());
    }
  }
}
