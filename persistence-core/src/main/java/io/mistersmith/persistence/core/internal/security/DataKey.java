package io.mistersmith.persistence.core.internal.security;

import java.time.Instant;
import java.util.UUID;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** An unwrapped data key. Immutable. */
final class DataKey {

  static final int BYTES = 32;

  private final UUID id;
  private final String subject;
  private final SecretKey key;
  private final Instant createdAt;

  DataKey(UUID id, String subject, byte[] key, Instant createdAt) {
    this.id = id;
    this.subject = subject;
    this.key = new SecretKeySpec(key, "AES");
    this.createdAt = createdAt;
  }

  UUID id() {
    return id;
  }

  String subject() {
    return subject;
  }

  SecretKey key() {
    return key;
  }

  Instant createdAt() {
    return createdAt;
  }

  @Override
  public String toString() {
    return "data key " + id;
  }
}
