package io.mistersmith.persistence.adk;

import com.google.adk.events.Event;
import com.google.adk.sessions.GetSessionConfig;
import com.google.adk.sessions.Session;
import com.google.adk.sessions.SessionNotFoundException;
import com.google.adk.sessions.State;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Sessions as they are kept: a header among those of the user, a log of events of its own. */
final class Sessions {

  private final Persistence persistence;
  private final Limits limits;
  private final StateRepository<Header> headers;
  private final SharedState shared;

  Sessions(Persistence persistence, Limits limits) {
    this.persistence = persistence;
    this.limits = limits;
    this.headers = persistence.states(Header.TYPE);
    this.shared = new SharedState(persistence);
  }

  private static StateKey key(String app, String user, String session) {
    return StateKey.of(Owners.user(app, user), session);
  }

  private EventLog log(String app, String user, String session) {
    return new EventLog(persistence, Owners.session(app, user, session), limits);
  }

  Session create(String app, String user, Map<String, Object> state, String id) {
    Header header = Header.of(state, Instant.now().toEpochMilli());
    headers.save(key(app, user, id), header, SaveOptions.ifAbsent());
    log(app, user, id).keep(limits);
    return session(app, user, id, header, List.of(), shared(app, user));
  }

  private Map<String, Object> shared(String app, String user) {
    return shared.read(Owners.app(app), Owners.user(app, user));
  }

  private static Session session(
      String app,
      String user,
      String id,
      Header header,
      List<Event> events,
      Map<String, Object> shared) {
    ConcurrentHashMap<String, Object> state = new ConcurrentHashMap<>(Json.members(header.state()));
    state.putAll(shared);
    return Session.builder(id)
        .appName(app)
        .userId(user)
        .state(state)
        .events(new ArrayList<>(events))
        .lastUpdateTime(Instant.ofEpochMilli(header.updated()))
        .build();
  }

  Optional<Session> find(String app, String user, String id, Optional<GetSessionConfig> config) {
    Optional<Header> found = headers.find(key(app, user, id)).map(Versioned::value);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    EventLog log = log(app, user, id);
    Optional<Integer> recent = config.flatMap(GetSessionConfig::numRecentEvents);
    List<Entry<String>> entries = recent.isPresent() ? log.last(recent.get()) : log.after(0);
    List<Event> events = new ArrayList<>(entries.size());
    entries.forEach(entry -> events.add(Json.event(entry.value())));
    config
        .flatMap(GetSessionConfig::afterTimestamp)
        .ifPresent(
            from ->
                events.removeIf(event -> Instant.ofEpochMilli(event.timestamp()).isBefore(from)));
    Header header = upToDate(found.get(), log, entries);
    List<Event> arranged = FunctionResponses.besideCalls(events);
    return Optional.of(session(app, user, id, header, arranged, shared(app, user)));
  }

  /** Applies the events that came after the header. */
  private static Header upToDate(Header header, EventLog log, List<Entry<String>> read) {
    boolean reaches = !read.isEmpty() && read.get(0).version() <= header.events() + 1;
    Header current = header;
    for (Entry<String> entry : reaches ? read : log.after(header.events())) {
      if (entry.version() > current.events()) {
        current = current.after(entry.version(), Json.event(entry.value()));
      }
    }
    return current;
  }

  List<Session> list(String app, String user) {
    List<StateKey> keys = headers.keys(Owners.user(app, user), "");
    Map<String, Object> shared = shared(app, user);
    List<Session> sessions = new ArrayList<>(keys.size());
    headers
        .findAll(keys)
        .forEach(
            (key, row) ->
                row.orElseThrow()
                    .map(Versioned::value)
                    .ifPresent(
                        header ->
                            sessions.add(
                                session(app, user, key.key(), header, List.of(), shared))));
    return sessions;
  }

  List<Event> events(String app, String user, String id) {
    return FunctionResponses.besideCalls(
        log(app, user, id).after(0).stream().map(entry -> Json.event(entry.value())).toList());
  }

  void append(Session session, Event event) throws SessionNotFoundException {
    String app = session.appName();
    String user = session.userId();
    StateKey key = key(app, user, session.id());
    Versioned<Header> header =
        headers.find(key).orElseThrow(() -> new SessionNotFoundException(missing(session)));
    shared.apply(Owners.app(app), Deltas.ofApp(event));
    shared.apply(Owners.user(app, user), Deltas.ofUser(event));
    EventLog log = log(app, user, session.id());
    long version = log.append(event);
    try {
      applied(key, header, log, version, event);
    } catch (PersistenceException e) {
      if (e.error() == DataError.NOT_FOUND) { // deleted since: nothing of it stays
        log.delete();
        throw new SessionNotFoundException(missing(session), e);
      }
      throw e;
    }
    change(session, event);
  }

  private static String missing(Session session) {
    return "session %s of user %s does not exist in application %s; create it first"
        .formatted(session.id(), session.userId(), session.appName());
  }

  /** Notes the event in the header, with those of other processes before it. */
  private void applied(
      StateKey key, Versioned<Header> before, EventLog log, long version, Event event) {
    if (before.value().events() == version - 1) {
      try {
        headers.save(key, before.value().after(version, event), SaveOptions.at(before.revision()));
        return;
      } catch (PersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT) {
          throw e;
        }
      }
    }
    headers.update(
        key, header -> header.events() >= version ? header : upToDate(header, log, List.of()));
  }

  private static void change(Session session, Event event) {
    Deltas.of(event)
        .forEach(
            (name, value) -> {
              if (value == State.REMOVED) {
                session.state().remove(name);
              } else {
                session.state().put(name, value);
              }
            });
    session.events().add(event);
    session.lastUpdateTime(Instant.ofEpochMilli(event.timestamp()));
  }

  void delete(String app, String user, String id) {
    EventLog log = log(app, user, id);
    log.delete();
    headers.delete(key(app, user, id));
    log.delete(); // of a writer that found the header while it was deleted
  }

  void forgetUser(String app, String user) {
    headers.keys(Owners.user(app, user), "").forEach(key -> delete(app, user, key.key()));
    shared.delete(Owners.user(app, user));
  }
}
