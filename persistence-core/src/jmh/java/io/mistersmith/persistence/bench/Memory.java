package io.mistersmith.persistence.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state of an agent that is stored: about 1 KiB of JSON, or about 100 bytes.
 *
 * @param goal what the agent is at
 * @param step how far it is
 * @param confidence how sure it is
 * @param recent what it did last
 * @param counters what it counts
 */
public record Memory(
    String goal, long step, double confidence, List<String> recent, Map<String, Long> counters) {

  private static final JsonMapper MAPPER = new JsonMapper();

  static Memory large(long step) {
    List<String> recent = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      recent.add("looked at document " + (step + i) + ", " + "and found what it says ".repeat(5));
    }
    Map<String, Long> counters = new TreeMap<>();
    for (String name : List.of("documents", "questions", "answers", "retries")) {
      counters.put(name, step);
    }
    return new Memory("find out ".repeat(20), step, 0.75, recent, counters);
  }

  static Memory small(long step) {
    return new Memory("find out", step, 0.75, List.of(), Map.of());
  }

  byte[] json() {
    try {
      return MAPPER.writeValueAsBytes(this);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
