package io.mistersmith.persistence.core.internal.query;

import io.mistersmith.persistence.model.StateKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The keys of one query. Parameters that are too long for a key are hashed; a kept result names its
 * parameters, so that it answers no others.
 */
record QueryKeys(String query) {

  private static final int LONGEST = 200;

  /** Of what all results of the query have in common. */
  StateKey generation() {
    return StateKey.of(query, "generation");
  }

  /** Of one result. */
  StateKey result(String parameters) {
    boolean fits =
        parameters.codePointCount(0, parameters.length()) <= LONGEST
            && parameters.indexOf('\0') < 0
            && StandardCharsets.UTF_8.newEncoder().canEncode(parameters);
    return StateKey.of(query, fits ? "=" + parameters : "sha256:" + hash(parameters));
  }

  private static String hash(String parameters) {
    try {
      byte[] bytes = parameters.getBytes(StandardCharsets.UTF_16BE);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
