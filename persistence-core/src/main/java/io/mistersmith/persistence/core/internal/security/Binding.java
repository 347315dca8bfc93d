package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.core.internal.codec.Sealing.Part;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What encrypted bytes are bound to. Each text has its length before it, so that no two bindings
 * are the same bytes. An agent's state is not bound to the agent: a checkpoint of it is restored to
 * another one as it is.
 *
 * @param scope the installation or tenant
 * @param type the type of data
 */
record Binding(String scope, DataType type) {

  private static final byte ENTRY = 1;
  private static final byte PART = 2;

  byte[] of(StateKey key) {
    String owner = type == DataType.AGENT_STATE ? "" : key.agent().toString();
    return join(ENTRY, scope, type.name(), owner, key.path());
  }

  byte[] of(Part part) {
    return join(
        PART,
        scope,
        type.name(),
        part.content().toString(),
        part.number() + (part.isLast() ? "." : ""));
  }

  private static byte[] join(byte kind, String... texts) {
    byte[][] parts = new byte[texts.length][];
    int length = 1;
    for (int i = 0; i < texts.length; i++) {
      parts[i] = texts[i].getBytes(StandardCharsets.UTF_8);
      length += Integer.BYTES + parts[i].length;
    }
    ByteBuffer joined = ByteBuffer.allocate(length).put(kind);
    for (byte[] part : parts) {
      joined = joined.putInt(part.length).put(part);
    }
    return joined.array();
  }
}
