package io.mistersmith.persistence.core.internal.session;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.session.Sessions;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;

/** Makes tokens and hashes them. Thread-safe. */
final class SessionTokens {

  private static final int BYTES = 32;
  private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

  private final SecureRandom random = new SecureRandom();

  /** Returns a token that nobody can guess: 256 random bits in 43 characters. */
  String next() {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return TEXT.encodeToString(bytes);
  }

  /** Returns the hash that the stores have; empty for a text that is too long for a token. */
  static Optional<String> hash(String token) {
    return token.isEmpty() || token.length() > Sessions.MAX_TOKEN
        ? Optional.empty()
        : Optional.of(Digests.sha256Hex(token.getBytes(StandardCharsets.UTF_8)));
  }
}
