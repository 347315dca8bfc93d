package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import io.mistersmith.persistence.model.AgentId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/**
 * One recorded run of an agent.
 *
 * @param line the line of the input that holds it, from 1
 * @param steps its steps, each a JSON object
 */
record RecordedRun(int line, List<JsonNode> steps) {

  RecordedRun {
    steps = List.copyOf(steps);
  }

  /** The agent that replays this run: the same in every process of one replay, new in the next. */
  AgentId agent(String replay) {
    return AgentId.of(
        UUID.nameUUIDFromBytes((replay + "/" + line).getBytes(StandardCharsets.UTF_8)));
  }
}
