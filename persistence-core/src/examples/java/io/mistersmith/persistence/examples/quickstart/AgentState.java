package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.mistersmith.persistence.state.StateType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The state that an agent keeps of its run, for the code that writes a step and the code that
 * verifies it.
 */
final class AgentState {

  /** How many steps are behind the agent. Written last, so that it never speaks too soon. */
  static final String CURSOR = "cursor";

  /** The log of the agent's turns. */
  static final String CONVERSATION = "conversation";

  static final StateType<JsonNode> TURNS = StateType.of("turns", JsonNode.class);

  /** The agent's last call of a tool. */
  static final String LAST_TOOL_CALL = "last_tool_call";

  private static final String DONE = "steps_done";

  private AgentState() {}

  /** The entries that a step is written as, in this order; the cursor is the last. */
  static Map<String, JsonNode> ofStep(RecordedRun run, int step) {
    Map<String, JsonNode> entries = new LinkedHashMap<>();
    JsonNode content = run.steps().get(step);
    entries.put(conversation(step), content);
    JsonNode call = toolCall(content);
    if (!call.isMissingNode()) {
      entries.put(LAST_TOOL_CALL, call);
    }
    entries.put(CURSOR, cursor(step + 1));
    return entries;
  }

  /**
   * Returns the state that must be kept when the run is over, except the steps that were refused.
   */
  static Map<String, JsonNode> atTheEnd(RecordedRun run, Set<Integer> refused) {
    Map<String, JsonNode> entries = new LinkedHashMap<>();
    for (int step = 0; step < run.steps().size(); step++) {
      Map<String, JsonNode> written = ofStep(run, step);
      if (refused.contains(step)) {
        written.keySet().retainAll(Set.of(CURSOR));
      }
      entries.putAll(written);
    }
    return entries;
  }

  /** The steps of all runs, except those that were refused; a cursor where none is left. */
  static List<JsonNode> values(List<RecordedRun> runs, Ledger ledger) {
    List<JsonNode> values = new ArrayList<>();
    for (RecordedRun run : runs) {
      for (int step = 0; step < run.steps().size(); step++) {
        if (!ledger.refused(run).contains(step)) {
          values.add(run.steps().get(step));
        }
      }
    }
    return values.isEmpty() ? List.of(cursor(0)) : values;
  }

  /** Returns what the ledger calls the turn of a step, which is an entry of the log. */
  static String conversation(int step) {
    return String.format(Locale.ROOT, CONVERSATION + ".%04d", step);
  }

  static boolean isTurn(String key) {
    return key.startsWith(CONVERSATION + '.');
  }

  /** Returns the turns that the log must have when the run is over, in order. */
  static List<String> turns(RecordedRun run, Set<Integer> refused) {
    return IntStream.range(0, run.steps().size())
        .filter(step -> !refused.contains(step))
        .mapToObj(AgentState::conversation)
        .toList();
  }

  static JsonNode cursor(int stepsDone) {
    return JsonNodeFactory.instance.objectNode().put(DONE, stepsDone);
  }

  static int stepsDone(JsonNode cursor) {
    return cursor.path(DONE).asInt();
  }

  private static JsonNode toolCall(JsonNode step) {
    JsonNode calls = step.path("tool_calls");
    if (calls.isArray() && !calls.isEmpty()) {
      return calls.get(calls.size() - 1);
    }
    JsonNode call = step.path("tool_call");
    return call.isObject() ? call : step.path("function_call");
  }
}
