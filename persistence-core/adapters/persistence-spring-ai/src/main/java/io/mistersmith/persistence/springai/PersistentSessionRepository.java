package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.springai.SessionLog.Events;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.StateType.Token;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.util.Assert;

/**
 * Sessions of Spring AI in this library: acknowledged by NATS, and in PostgreSQL soon after. Make
 * one for a {@link Persistence} and share it; it is thread-safe.
 *
 * <p>Events are appended to a log, so that an event costs the same however long the session is, and
 * writers in any number of processes lose nothing. An event with an id that the session has is not
 * appended again. The result of a tool is read right after its call, also where another writer's
 * event came between. A compaction is one entry: it takes effect if the version is the expected
 * one, whole or not at all. Events that it drops are not returned any more, and stay in the log
 * until the session is deleted.
 *
 * <p>{@code findByUserId} and {@code findExpiredSessionIds} answer from memory, which shows what
 * this process did at once, and what others did within the latency of a watch.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s.
 */
public final class PersistentSessionRepository implements SessionRepository, AutoCloseable {

  private static final String NO_ID = "sessionId must not be null or empty";
  private static final int REMEMBERED = 256;

  private static final StateType<Map<String, Object>> SESSIONS =
      StateType.of("spring-ai-sessions", new Token<Map<String, Object>>() {});
  private static final StateType<Map<String, Object>> EVENTS =
      StateType.of("spring-ai-events", new Token<Map<String, Object>>() {});

  private final Persistence persistence;
  private final WatchedEntries<Map<String, Object>> sessions;

  /** What this process knows of events, the longest unused first. */
  private final Map<String, Events> remembered = new LinkedHashMap<>(16, 0.75f, true);

  private PersistentSessionRepository(Persistence persistence) {
    this.persistence = persistence;
    this.sessions =
        new WatchedEntries<>(persistence.states(SESSIONS), AgentId.external("spring-ai:sessions"));
  }

  /** Returns a repository. All repositories of an installation share their sessions. */
  public static PersistentSessionRepository of(Persistence persistence) {
    return new PersistentSessionRepository(persistence);
  }

  private SessionLog log(String session) {
    return new SessionLog(persistence.log(AgentId.external(session), "events", EVENTS), session);
  }

  @Override
  public Session save(Session session) {
    Assert.notNull(session, "session must not be null");
    sessions.put(session.id(), SessionJson.of(session));
    return session;
  }

  @Override
  public @Nullable Session findById(String sessionId) {
    Assert.hasText(sessionId, NO_ID);
    return sessions.find(sessionId).map(found -> SessionJson.session(found.value())).orElse(null);
  }

  @Override
  public List<Session> findByUserId(String userId) {
    Assert.hasText(userId, "userId must not be null or empty");
    return sessions.list().stream()
        .filter(json -> userId.equals(json.get("user")))
        .map(SessionJson::session)
        .toList();
  }

  @Override
  public List<String> findExpiredSessionIds(Instant before) {
    Assert.notNull(before, "before must not be null");
    return sessions.list().stream()
        .filter(json -> isOver(json, before))
        .map(json -> String.valueOf(json.get("id")))
        .toList();
  }

  private static boolean isOver(Map<String, Object> json, Instant before) {
    return json.get("expires") instanceof String end && Instant.parse(end).isBefore(before);
  }

  /** Deletes the session and its events, in both stores. A mark without content stays. */
  @Override
  public void delete(String sessionId) {
    Assert.hasText(sessionId, NO_ID);
    Optional<Versioned<Map<String, Object>>> listed = sessions.find(sessionId);
    if (!events(sessionId).events().isEmpty()) {
      log(sessionId).end();
    }
    listed.ifPresent(session -> sessions.remove(sessionId, session.revision()));
  }

  @Override
  public void appendEvent(SessionEvent event) {
    Assert.notNull(event, "event must not be null");
    requireSession(event.getSessionId());
    log(event.getSessionId()).append(event);
  }

  private void requireSession(String session) {
    if (sessions.find(session).isEmpty()) {
      throw new IllegalArgumentException("Session not found: " + session);
    }
  }

  @Override
  public boolean compactEvents(
      String sessionId,
      List<SessionEvent> archivedEvents,
      List<SessionEvent> retainedEvents,
      long expectedVersion) {
    Assert.hasText(sessionId, NO_ID);
    Assert.notNull(archivedEvents, "archivedEvents must not be null");
    Assert.notNull(retainedEvents, "retainedEvents must not be null");
    requireSession(sessionId);
    Events known = events(sessionId);
    return known.version() == expectedVersion
        && log(sessionId).compact(known, archivedEvents, retainedEvents);
  }

  /**
   * Returns the version of the session's log of events: 0 for a new session, one more with each
   * event and compaction. A session that is saved again after it was deleted goes on with later
   * versions.
   */
  @Override
  public long getEventVersion(String sessionId) {
    Assert.hasText(sessionId, NO_ID);
    return log(sessionId).version();
  }

  @Override
  public List<SessionEvent> findEvents(String sessionId, EventFilter filter) {
    Assert.hasText(sessionId, NO_ID);
    Assert.notNull(filter, "filter must not be null");
    List<SessionEvent> events =
        events(sessionId).events().stream().filter(filter::matches).toList();
    Integer last = filter.lastN();
    if (last != null) {
      events = events.subList(Math.max(0, events.size() - last), events.size());
    }
    Integer size = filter.pageSize();
    if (size != null) {
      Integer page = filter.page();
      long from = page == null ? 0 : (long) page * size;
      events = events.stream().skip(from).limit(size).toList();
    }
    return List.copyOf(events);
  }

  private Events events(String session) {
    Events known;
    synchronized (remembered) {
      known = remembered.getOrDefault(session, Events.NONE);
    }
    Events now = log(session).refresh(known);
    synchronized (remembered) {
      Events latest = remembered.get(session);
      if (latest == null || latest.version() < now.version()) {
        remembered.put(session, now);
      }
      if (remembered.size() > REMEMBERED) {
        remembered.remove(remembered.keySet().iterator().next());
      }
    }
    return now;
  }

  /** Ends the watch that keeps the list of sessions in memory. The next list starts one. */
  @Override
  public void close() {
    sessions.close();
  }
}
