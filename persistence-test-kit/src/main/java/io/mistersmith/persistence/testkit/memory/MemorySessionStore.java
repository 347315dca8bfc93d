package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.spi.sql.SessionStore;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The sessions. */
final class MemorySessionStore implements SessionStore {

  /** Of one time by the bytes of the ids, which {@code UUID.compareTo} does not go by. */
  private static final Comparator<Session> LATEST_FIRST =
      Comparator.comparing(Session::createdAt)
          .thenComparing(session -> session.id().toString())
          .reversed();

  private final io.mistersmith.persistence.testkit.memory.Session session;

  MemorySessionStore(io.mistersmith.persistence.testkit.memory.Session session) {
    this.session = session;
  }

  private Instant now() {
    return session.now().truncatedTo(ChronoUnit.MICROS);
  }

  @Override
  public StoredSession create(NewSession opened, String tokenHash) {
    Instant now = now();
    SessionRow row =
        new SessionRow(
            new Session(
                UUID.randomUUID(),
                opened.type(),
                opened.user(),
                opened.agent(),
                opened.permissions(),
                opened.preferences(),
                opened.address().map(MemorySessionStore::withoutZone),
                opened.userAgent(),
                opened.timeToLive(),
                now,
                now,
                now.plus(opened.timeToLive())),
            tokenHash,
            1,
            false,
            Optional.empty());
    return session.call(
        tables -> {
          opened
              .agent()
              .filter(agent -> !tables.agents.refer(agent))
              .ifPresent(MemorySessionStore::refuse);
          tables.sessions.put(row.session().id(), row);
          return stored(row, now);
        });
  }

  private static void refuse(AgentId agent) {
    throw new NonTransientPersistenceException(
        DataError.CONSTRAINT_VIOLATION,
        "open a session: SQLSTATE 23503, its agent " + agent + " is not registered");
  }

  private static InetAddress withoutZone(InetAddress address) {
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has the length of one", e);
    }
  }

  @Override
  public Optional<StoredSession> find(String tokenHash) {
    Instant now = now();
    return session.call(tables -> valid(tables, tokenHash, now).map(row -> stored(row, now)));
  }

  private static Optional<SessionRow> valid(Tables tables, String tokenHash, Instant now) {
    return tables
        .sessions
        .all()
        .filter(row -> row.tokenHash().equals(tokenHash))
        .filter(row -> row.isValid(now))
        .findFirst();
  }

  private static Optional<SessionRow> valid(Tables tables, UUID id, Instant now) {
    return tables.sessions.find(id).filter(row -> row.isValid(now));
  }

  private static StoredSession stored(SessionRow row, Instant now) {
    return new StoredSession(
        row.session(),
        row.tokenHash(),
        row.version(),
        Duration.between(now, row.session().expiresAt()));
  }

  @Override
  public Optional<StoredSession> touch(String tokenHash) {
    return session.call(
        tables -> {
          Instant now = now();
          Optional<SessionRow> found = valid(tables, tokenHash, now);
          Optional<SessionRow> due = found.filter(row -> row.isDue(now));
          due.ifPresent(row -> tables.sessions.put(row.session().id(), row.extended(now)));
          return due.map(row -> row.extended(now)).or(() -> found).map(row -> stored(row, now));
        });
  }

  @Override
  public Optional<StoredSession> change(
      UUID id, Optional<Set<String>> permissions, Optional<Map<String, String>> preferences) {
    return session.call(
        tables -> {
          Instant now = now();
          Optional<SessionRow> changed =
              valid(tables, id, now)
                  .map(
                      row ->
                          row.changed(
                              permissions.orElse(row.session().permissions()),
                              preferences.orElse(row.session().preferences())));
          changed.ifPresent(row -> tables.sessions.put(id, row));
          return changed.map(row -> stored(row, now));
        });
  }

  @Override
  public List<Revoked> revoke(Collection<UUID> ids) {
    return session.call(
        tables -> {
          Instant now = now();
          List<Revoked> revoked = new ArrayList<>();
          for (UUID id : ids) {
            Optional<SessionRow> valid = valid(tables, id, now);
            valid.ifPresent(row -> tables.sessions.put(id, row.revoked(now)));
            tables
                .sessions
                .find(id)
                .filter(row -> row.revokedAt().isPresent() && row.unpublished())
                .ifPresent(
                    row ->
                        revoked.add(
                            new Revoked(id, row.tokenHash(), row.version(), valid.isPresent())));
          }
          return revoked;
        });
  }

  @Override
  public List<StoredSession> find(SessionQuery query) {
    Instant now = now();
    return session.call(
        tables ->
            tables
                .sessions
                .all()
                .filter(row -> row.isValid(now) && isSelected(row.session(), query))
                .sorted(Comparator.comparing(SessionRow::session, LATEST_FIRST))
                .limit(query.limit())
                .map(row -> stored(row, now))
                .toList());
  }

  private static boolean isSelected(Session found, SessionQuery query) {
    return query.user().map(user -> found.user().equals(Optional.of(user))).orElse(true)
        && query.agent().map(agent -> found.agent().equals(Optional.of(agent))).orElse(true)
        && query.type().map(found.type()::equals).orElse(true)
        && query.after().map(after -> LATEST_FIRST.compare(found, after) > 0).orElse(true);
  }

  @Override
  public List<Unpublished> unpublished(int limit) {
    Instant now = now();
    return session.call(
        tables ->
            tables
                .sessions
                .all()
                .filter(SessionRow::unpublished)
                .limit(limit)
                .map(
                    row ->
                        new Unpublished(
                            row.session().id(),
                            row.tokenHash(),
                            row.version(),
                            row.isValid(now) ? Optional.of(stored(row, now)) : Optional.empty()))
                .toList());
  }

  @Override
  public void markPublished(Map<UUID, Long> versions) {
    session.call(
        tables -> {
          versions.forEach(
              (id, version) ->
                  tables
                      .sessions
                      .find(id)
                      .filter(row -> row.version() == version && row.unpublished())
                      .ifPresent(row -> tables.sessions.put(id, row.published(true))));
          return versions.size();
        });
  }

  @Override
  public int republishRevoked() {
    return session.call(
        tables -> {
          List<SessionRow> revoked =
              tables
                  .sessions
                  .all()
                  .filter(row -> row.revokedAt().isPresent() && !row.unpublished())
                  .toList();
          revoked.forEach(row -> tables.sessions.put(row.session().id(), row.published(false)));
          return revoked.size();
        });
  }

  @Override
  public int removeEnded(Duration revokedFor, int limit) {
    Instant now = now();
    return session.call(
        tables -> {
          List<SessionRow> ended =
              tables
                  .sessions
                  .all()
                  .filter(row -> row.hasEnded(now, revokedFor))
                  .limit(limit)
                  .toList();
          ended.forEach(row -> tables.sessions.remove(row.session().id()));
          return ended.size();
        });
  }

  /** The agent is deleted. */
  static void revokeOf(Tables tables, AgentId agent, Instant now) {
    List<SessionRow> ofAgent =
        tables
            .sessions
            .all()
            .filter(row -> row.session().agent().equals(Optional.of(agent)))
            .toList();
    ofAgent.forEach(
        row -> tables.sessions.put(row.session().id(), row.revoked(now).withoutAgent()));
  }
}
