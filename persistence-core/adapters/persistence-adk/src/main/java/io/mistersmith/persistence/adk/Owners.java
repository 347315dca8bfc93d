package io.mistersmith.persistence.adk;

import io.mistersmith.persistence.model.AgentId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/** The owners that an application, a user and a session have their entries by. */
final class Owners {

  private Owners() {}

  static AgentId app(String app) {
    return owner("adk/app/", Objects.requireNonNull(app, "appName cannot be null"));
  }

  static AgentId user(String app, String user) {
    return owner("adk/user/", part(app, "appName") + Objects.requireNonNull(user, "userId"));
  }

  static AgentId session(String app, String user, String session) {
    return owner(
        "adk/session/",
        part(app, "appName") + part(user, "userId") + Objects.requireNonNull(session, "sessionId"));
  }

  /** The length keeps "a/b" and "c" apart from "a" and "b/c". */
  private static String part(String name, String what) {
    Objects.requireNonNull(name, what + " cannot be null");
    return name.length() + ":" + name + "/";
  }

  private static AgentId owner(String kind, String name) {
    String full = kind + name;
    return AgentId.external(
        full.codePointCount(0, full.length()) > AgentId.MAX_LENGTH ? kind + hash(name) : full);
  }

  /** Returns the SHA-256 of a name in hexadecimal digits, for where the name is too long. */
  static String hash(String name) {
    try {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      return "#" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
