package io.mistersmith.persistence.core.backup;

import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of a user of an object store. Prints without secrets.
 *
 * @param accessKeyId names the key
 * @param secretKey signs requests, and is never sent
 * @param sessionToken belongs to temporary keys, and is sent with each request
 */
public record S3Credentials(String accessKeyId, Secret secretKey, Optional<Secret> sessionToken) {

  /**
   * Checks what goes into headers: the HTTP client's own message would show the value.
   *
   * @throws IllegalArgumentException when the id or the token has a character that is no printable
   *     ASCII
   */
  public S3Credentials {
    requirePlain("accessKeyId", accessKeyId);
    sessionToken.ifPresent(token -> requirePlain("sessionToken", token.reveal()));
    if (secretKey.reveal().isEmpty()) {
      throw new IllegalArgumentException("secretKey is empty; give the key that signs requests");
    }
  }

  private static void requirePlain(String field, String value) {
    if (value.isEmpty() || !value.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new IllegalArgumentException(
          field + " is empty or has a character that is no printable ASCII");
    }
  }

  /** Returns keys that do not expire. */
  public static S3Credentials of(String accessKeyId, Secret secretKey) {
    return new S3Credentials(accessKeyId, secretKey, Optional.empty());
  }

  /**
   * Returns the keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, as they are
   * now.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when one of the first two
   *     is not set
   */
  public static S3Credentials environment() {
    return of(System.getenv());
  }

  static S3Credentials of(Map<String, String> environment) {
    String id = environment.getOrDefault("AWS_ACCESS_KEY_ID", "");
    String secret = environment.getOrDefault("AWS_SECRET_ACCESS_KEY", "");
    if (id.isBlank() || secret.isBlank()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set; set both, or give the S3 target"
              + " credentials of another source");
    }
    String token = environment.getOrDefault("AWS_SESSION_TOKEN", "");
    return new S3Credentials(
        id.strip(),
        Secret.of(secret.strip()),
        token.isBlank() ? Optional.empty() : Optional.of(Secret.of(token.strip())));
  }
}
