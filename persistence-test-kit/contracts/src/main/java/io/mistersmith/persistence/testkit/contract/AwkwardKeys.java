package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.ArrayList;
import java.util.List;

/** Legal keys that a store may get wrong. */
final class AwkwardKeys {

  /** The owner of most of them. */
  static final AgentId AGENT = AgentId.external("agent");

  private static final List<String> TEXTS =
      List.of(
          "a",
          "A",
          "a.b",
          "a.b.c",
          "ab",
          "a..b",
          "a...b",
          ".",
          "..",
          ".a",
          "a.",
          "a.b.",
          "a._b",
          "step_1",
          "step%1",
          "stepX1",
          "step:1",
          "step 1",
          " ",
          "  ",
          "*",
          "a.*",
          ">",
          "a.>",
          "$KV",
          "=",
          "=2E",
          "%2E",
          "/",
          "/AAA",
          "a/b",
          "-",
          "_",
          "\\",
          "\"quoted\"",
          "'; DROP TABLE agents.state; --",
          "' OR '1'='1",
          "line\nbreak\ttab\r",
          "\u0001\u007f",
          "\u00e9",
          "e\u0301",
          "\u0421\u0442\u0430\u043d",
          "Ctan",
          "\u65e5\u672c\u8a9e.\u30ad\u30fc",
          "\u05e2\u05d1\u05e8\u05d9\u05ea",
          "\ud83e\udd16",
          "\ud83e\udd16.\ud83e\udd16",
          "\ufffd",
          "\uffff",
          "\u200b",
          "\udbff\udfff");

  private AwkwardKeys() {}

  static List<String> texts() {
    return TEXTS;
  }

  static List<StateKey> keys() {
    List<StateKey> keys = new ArrayList<>();
    for (String text : TEXTS) {
      keys.add(StateKey.of(AGENT, text));
      keys.add(StateKey.of(AgentId.external(text), "key"));
    }
    keys.add(StateKey.of(AGENT, longest("k")));
    keys.add(StateKey.of(AGENT, longest("\ud83e\udd16")));
    keys.add(StateKey.of(AgentId.external(longest("\ud83e\udd16")), longest("\ud83e\udd16")));
    keys.add(StateKey.of(AGENT, "a" + ".b".repeat(127)));
    return keys.stream().distinct().toList();
  }

  static String longest(String character) {
    return character.repeat(StateKey.MAX_LENGTH);
  }
}
