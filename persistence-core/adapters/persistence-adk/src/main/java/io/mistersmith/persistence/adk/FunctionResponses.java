package io.mistersmith.persistence.adk;

import com.google.adk.events.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Puts responses of functions right after their calls. */
final class FunctionResponses {

  private FunctionResponses() {}

  /**
   * Returns the events with each response after its call, where only events of other runs of an
   * agent came between. A response in a later run, such as that of a function that takes long,
   * stays where it is: the ADK looks for it there.
   */
  static List<Event> besideCalls(List<Event> events) {
    List<List<Event>> groups = new ArrayList<>(events.size());
    Map<String, List<Event>> lastOfRun = new HashMap<>();
    for (Event event : events) {
      List<Event> group = lastOfRun.get(event.invocationId());
      if (group == null || !isResponse(event, group.get(0))) {
        group = new ArrayList<>(1);
        groups.add(group);
        lastOfRun.put(event.invocationId(), group);
      }
      group.add(event);
    }
    List<Event> arranged = new ArrayList<>(events.size());
    groups.forEach(arranged::addAll);
    return arranged;
  }

  private static boolean isResponse(Event event, Event call) {
    if (event.functionResponses().isEmpty()) {
      return false;
    }
    Set<String> calls =
        call.functionCalls().stream()
            .map(one -> one.id())
            .flatMap(Optional::stream)
            .collect(Collectors.toSet());
    return event.functionResponses().stream()
        .anyMatch(response -> response.id().filter(calls::contains).isPresent());
  }
}
