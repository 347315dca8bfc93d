package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.model.AgentId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The owners that contexts and tasks have their entries by. */
final class Owners {

  /** Has an entry for each context that has tasks. */
  static final AgentId CONTEXTS = AgentId.external("a2a/contexts");

  private Owners() {}

  static AgentId context(String contextId) {
    return owner("a2a/context/", contextId);
  }

  static AgentId task(String taskId) {
    return owner("a2a/task/", taskId);
  }

  /** Returns the owner with this name, or, where that is longer than a name may be, its hash. */
  private static AgentId owner(String kind, String name) {
    String full = kind + name;
    return AgentId.external(
        full.codePointCount(0, full.length()) > AgentId.MAX_LENGTH ? kind + hash(name) : full);
  }

  private static String hash(String name) {
    try {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      return "#" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
