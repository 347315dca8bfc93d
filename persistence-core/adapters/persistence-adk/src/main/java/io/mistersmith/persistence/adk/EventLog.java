package io.mistersmith.persistence.adk;

import com.google.adk.events.Event;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** The events of one session, oldest first. */
final class EventLog {

  static final StateType<String> TYPE =
      StateType.of("adk-events", String.class).withCodec(new RawJson());
  private static final int PAGE = 500;

  private final Log<String> log;
  private final boolean limited;

  EventLog(Persistence persistence, AgentId session, Limits limits) {
    this.log = persistence.log(session, "events", TYPE);
    this.limited = !limits.equals(Limits.NONE);
  }

  void keep(Limits limits) {
    if (limited) {
      log.keep(limits);
    }
  }

  /** Appends an event; the call of a function stays as long as its response. */
  long append(Event event) {
    OptionalLong call = limited ? call(event) : OptionalLong.empty();
    Append options = Append.always();
    return log.append(
        Json.of(event), call.isPresent() ? options.keptWith(call.getAsLong()) : options);
  }

  /** Returns the version of the earliest call that the event has the response of. */
  private OptionalLong call(Event event) {
    Set<String> ids = new HashSet<>();
    event.functionResponses().forEach(response -> response.id().ifPresent(ids::add));
    if (ids.isEmpty()) {
      return OptionalLong.empty();
    }
    OptionalLong earliest = OptionalLong.empty();
    for (Entry<String> entry : log.readBackwards(Long.MAX_VALUE, Log.MAX_DISTANCE)) {
      boolean calls =
          Json.event(entry.value()).functionCalls().stream()
              .anyMatch(call -> call.id().filter(ids::remove).isPresent());
      if (calls) {
        earliest = OptionalLong.of(entry.version());
      }
      if (ids.isEmpty()) {
        break;
      }
    }
    return earliest;
  }

  List<Entry<String>> last(int count) {
    return count < 1 ? List.of() : log.tail(count);
  }

  /** Returns the entries after a version. */
  List<Entry<String>> after(long version) {
    List<Entry<String>> entries = new ArrayList<>();
    List<Entry<String>> page;
    long next = version + 1;
    do {
      page = log.read(next, PAGE);
      entries.addAll(page);
      next = page.isEmpty() ? next : page.get(page.size() - 1).version() + 1;
    } while (page.size() == PAGE);
    return entries;
  }

  void delete() {
    log.delete();
  }
}
