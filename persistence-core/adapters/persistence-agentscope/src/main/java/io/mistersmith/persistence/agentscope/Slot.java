package io.mistersmith.persistence.agentscope;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a session is kept: its states belong to an owner of their own, its name to the user.
 *
 * @param user the owner of the user's list of sessions
 * @param session the owner of the session's states
 * @param id the session's id
 */
record Slot(AgentId user, AgentId session, String id) {

  static Slot of(@Nullable String userId, @Nullable String sessionId) {
    Objects.requireNonNull(sessionId, "sessionId must not be null");
    if (sessionId.isBlank()) {
      throw new IllegalArgumentException("sessionId must not be blank");
    }
    // The length keeps "a/b" of user "c" apart from "b" of user "a/c".
    String user = userId == null || userId.isBlank() ? "-" : userId.length() + ":" + userId;
    return new Slot(user(userId), owner("agentscope/session/", user + "/" + sessionId), sessionId);
  }

  static AgentId user(@Nullable String userId) {
    return userId == null || userId.isBlank()
        ? AgentId.external("agentscope/anonymous")
        : owner("agentscope/user/", userId);
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

  /** Returns the key of the session in the user's list. */
  StateKey listed() {
    return StateKey.of(user, id);
  }

  /** Returns the key of a single state. */
  StateKey single(String key) {
    return StateKey.of(session, "s/" + key);
  }

  /** Returns the key of the list that has a single state's messages. */
  StateKey messages(String key) {
    return StateKey.of(session, "m/" + key);
  }

  /** Returns the key of a list. Its items are in the log of this name. */
  StateKey list(String key) {
    return StateKey.of(session, "l/" + key);
  }
}
