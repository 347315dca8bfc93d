package io.mistersmith.persistence.core.internal.store.nats;

import java.util.LinkedHashMap;
import java.util.Map;

/** Header blocks that a server stores and jnats cannot read, or would read as something else. */
public final class ForeignBlocks {

  private ForeignBlocks() {}

  /** The blocks, by a name that is a token of a subject. Each character is one byte. */
  public static Map<String, String> unreadable() {
    Map<String, String> blocks = new LinkedHashMap<>();
    blocks.put("not-ascii", "NATS/1.0\r\nX: \u00e4\u00ff\r\n\r\n");
    blocks.put("no-end", "NATS/1.0\r\nX: abc");
    blocks.put("half-an-end", "NATS/1.0\r\nX: abc\r\n");
    blocks.put("no-colon", "NATS/1.0\r\nXabc\r\n\r\n");
    blocks.put("no-name", "NATS/1.0\r\n: abc\r\n\r\n");
    blocks.put("version", "NATS/1.0");
    blocks.put("version-line", "NATS/1.0\r\n");
    blocks.put("no-version", "[[[");
    blocks.put("line-feeds", "NATS/1.0\nX: a\n\n");
    blocks.put("large", "NATS/1.0\r\nX: " + "\u00e4".repeat(60_000) + "\r\n\r\n");
    blocks.put("reserved", "NATS/1.0\r\nPersistence-Unreadable: 00000001 !\r\n\r\n");
    blocks.put("operation", "NATS/1.0\r\nKV-Operation: BREAK\r\n\r\n");
    blocks.put(
        "of-server",
        "NATS/1.0\r\nNats-Sequence: 1\r\nNats-Subject: x\r\nNats-Time-Stamp: x\r\nbad\r\n\r\n");
    return blocks;
  }

  /** Blocks with a status, which some servers take out of what they answer to a get. */
  public static Map<String, String> statuses() {
    Map<String, String> blocks = new LinkedHashMap<>();
    blocks.put("not-found", "NATS/1.0 404 Not Found\r\n\r\n");
    blocks.put("no-responders", "NATS/1.0 503\r\n\r\n");
    blocks.put("end-of-batch", "NATS/1.0 204 EOB\r\nNats-Num-Pending: 7\r\n\r\n");
    blocks.put("conflict", "NATS/1.0 409 Consumer Deleted\r\n\r\n");
    blocks.put("status-word", "NATS/1.0 one\r\n\r\n");
    return blocks;
  }

  /** Blocks that are read, though what they say is no metadata of ours or odd. */
  public static Map<String, String> odd() {
    Map<String, String> blocks = new LinkedHashMap<>();
    blocks.put("empty", "NATS/1.0\r\n\r\n");
    blocks.put("blanks", "NATS/1.0\r\nX:   a b  \r\nY:\r\n\r\n");
    blocks.put("control", "NATS/1.0\r\nX: a\0\u0001b\r\n\r\n");
    blocks.put("nul", "NATS/1.0\r\nPersistence-Time: 1-2-a\0b\r\n\r\n");
    blocks.put("revision", "NATS/1.0\r\nPersistence-Revision: abc\r\n\r\n");
    blocks.put("expires", "NATS/1.0\r\nPersistence-Expires: x\r\n\r\n");
    blocks.put("huge", "NATS/1.0\r\nPersistence-Revision: 99999999999999999999-1\r\n\r\n");
    blocks.put("time", "NATS/1.0\r\nPersistence-Time: 1\r\nPersistence-Clock: 2\r\n\r\n");
    blocks.put("twice", "NATS/1.0\r\nPersistence-Expires: 1\r\nPersistence-Expires: x\r\n\r\n");
    blocks.put("sequence", "NATS/1.0\r\nNats-Sequence: 1\r\nNats-Subject: x\r\n\r\n");
    return blocks;
  }
}
