package io.mistersmith.persistence.adk;

import com.google.adk.events.Event;
import com.google.adk.sessions.BaseSessionService;
import com.google.adk.sessions.GetSessionConfig;
import com.google.adk.sessions.ListEventsResponse;
import com.google.adk.sessions.ListSessionsResponse;
import com.google.adk.sessions.Session;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.core.Maybe;
import io.reactivex.rxjava3.core.Single;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the sessions of the Agent Development Kit in a {@link Persistence}. Thread-safe; any number
 * of processes may use one session at once.
 *
 * <p>A call that has completed is acknowledged by NATS, and PostgreSQL has it soon after. An event
 * is one more entry of the session's log: it costs the same however many there are. Two processes
 * that append to one session lose and reorder nothing; each change of state applies to the keys
 * that it names alone, in the order of the events. {@code app:} and {@code user:} keys are shared
 * by the sessions of the application and of the user; {@code temp:} keys are kept with the session,
 * as the ADK's in-memory service does.
 *
 * <p>Work begins when a result is subscribed to, on the thread that subscribes. Failures are
 * emitted as they are: {@link io.mistersmith.persistence.error.PersistenceException}s, with {@code
 * DUPLICATE_KEY} for a session that exists already, {@code VALUE_TOO_LARGE} for an event or a state
 * of more than about 1 MB; and {@link com.google.adk.sessions.SessionNotFoundException} for an
 * event that is appended to a session which was deleted.
 */
public final class PersistentSessionService implements BaseSessionService {

  private final Sessions sessions;

  private PersistentSessionService(Persistence persistence, Limits limits) {
    this.sessions = new Sessions(persistence, limits);
  }

  /** Returns a service that keeps all events. It does not close {@code persistence}. */
  public static PersistentSessionService of(Persistence persistence) {
    return keeping(persistence, Limits.NONE);
  }

  /**
   * Returns a service whose sessions keep their last events alone. States keep what removed events
   * have changed. The call of a function is not removed while its response stays.
   *
   * @param limits by number, age or bytes of events, for sessions that are created from now on
   */
  public static PersistentSessionService keeping(Persistence persistence, Limits limits) {
    return new PersistentSessionService(
        Objects.requireNonNull(persistence, "persistence"),
        Objects.requireNonNull(limits, "limits"));
  }

  /**
   * Creates a session.
   *
   * @param sessionId a blank one is replaced by a random one
   */
  @Override
  @SuppressWarnings("deprecation") // the one form that every release has to have
  public Single<Session> createSession(
      String appName,
      String userId,
      @Nullable ConcurrentMap<String, Object> state,
      @Nullable String sessionId) {
    return Single.fromCallable(
        () -> {
          String id =
              sessionId == null || sessionId.isBlank()
                  ? UUID.randomUUID().toString()
                  : sessionId.strip();
          return sessions.create(appName, userId, state == null ? Map.of() : state, id);
        });
  }

  @Override
  public Maybe<Session> getSession(
      String appName, String userId, String sessionId, Optional<GetSessionConfig> config) {
    return Maybe.defer(() -> Maybe.fromOptional(sessions.find(appName, userId, sessionId, config)));
  }

  @Override
  public Single<ListSessionsResponse> listSessions(String appName, String userId) {
    return Single.fromCallable(
        () -> ListSessionsResponse.builder().sessions(sessions.list(appName, userId)).build());
  }

  /** Deletes the session with its state and events. State of the user stays. */
  @Override
  public Completable deleteSession(String appName, String userId, String sessionId) {
    return Completable.fromAction(() -> sessions.delete(appName, userId, sessionId));
  }

  /** Returns all events at once; none for a session that does not exist. */
  @Override
  public Single<ListEventsResponse> listEvents(String appName, String userId, String sessionId) {
    return Single.fromCallable(
        () ->
            ListEventsResponse.builder()
                .events(sessions.events(appName, userId, sessionId))
                .build());
  }

  /** Appends an event, and changes {@code session} as it does. A partial event is not kept. */
  @Override
  public Single<Event> appendEvent(Session session, Event event) {
    Objects.requireNonNull(session, "session cannot be null");
    Objects.requireNonNull(event, "event cannot be null");
    return Single.fromCallable(
        () -> {
          if (!event.partial().orElse(false)) {
            sessions.append(session, event);
          }
          return event;
        });
  }

  /**
   * Deletes all sessions of a user, and the user's state. When it fails, subscribe again: what it
   * has deleted stays deleted. Memory and artifacts have methods of the same name.
   */
  public Completable forgetUser(String appName, String userId) {
    return Completable.fromAction(() -> sessions.forgetUser(appName, userId));
  }
}
