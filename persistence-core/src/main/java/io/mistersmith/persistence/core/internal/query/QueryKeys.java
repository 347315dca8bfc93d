package io.mistersmith.persistence.core.internal.query;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.nio.charset.StandardCharsets;

/**
 * The keys of one query. Parameters that are too long for a key are hashed; a kept result names its
 * parameters, so that it answers no others.
 */
record QueryKeys(String query) {

  private static final int LONGEST = 200;

  /** Returns the key of the generation, which all results of the query share. */
  StateKey generation() {
    return StateKey.of(AgentId.external(query), "generation");
  }

  /** Returns the key of one result. */
  StateKey result(String parameters) {
    boolean fits =
        parameters.codePointCount(0, parameters.length()) <= LONGEST
            && parameters.indexOf('\0') < 0
            && StandardCharsets.UTF_8.newEncoder().canEncode(parameters);
    return StateKey.of(
        AgentId.external(query), fits ? "=" + parameters : "sha256:" + hash(parameters));
  }

  private static String hash(String parameters) {
    return Digests.sha256Hex(parameters.getBytes(StandardCharsets.UTF_16BE));
  }
}
