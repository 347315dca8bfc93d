package io.mistersmith.persistence.agentscope;

import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateType;
import java.nio.charset.StandardCharsets;

/**
 * A single state as it is kept.
 *
 * @param version how often it was saved
 * @param json the state
 */
record Document(long version, String json) {

  static final StateType<Document> TYPE =
      StateType.of("agentscope", Document.class).withCodec(new Codec());

  /** Stands for the document that does not exist yet. */
  static final Document NONE = new Document(0, "null");

  private static final String VERSION = "{\"version\":";
  private static final String STATE = ",\"state\":";

  Document next(String newJson) {
    return new Document(version + 1, newJson);
  }

  /** Puts the version before the framework's own JSON, which is parsed only when it is read. */
  private static final class Codec implements JsonCodec<Document> {

    @Override
    public byte[] encode(Document value) {
      return (VERSION + value.version + STATE + value.json + "}").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Document decode(byte[] json) {
      String text = new String(json, StandardCharsets.UTF_8);
      int state = text.indexOf(STATE);
      if (!text.startsWith(VERSION) || state < 0) {
        throw new IllegalArgumentException("the entry is no state of AgentScope");
      }
      return new Document(
          Long.parseLong(text, VERSION.length(), state, 10),
          text.substring(state + STATE.length(), text.length() - 1));
    }

    @Override
    public boolean sharesValues() {
      return true;
    }
  }
}
