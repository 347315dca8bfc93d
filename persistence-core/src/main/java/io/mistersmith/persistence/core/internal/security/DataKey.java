package io.mistersmith.persistence.core.internal.security;

import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** An unwrapped data key, and how much this process has encrypted with it. Thread-safe. */
final class DataKey {

  static final int BYTES = 32;

  /**
   * Random nonces of 96 bits may be used 2^32 times before two are the same with a probability of
   * 2^-32 (NIST SP 800-38D). So sixteen processes may share a key.
   */
  static final long MOST_MESSAGES = 1L << 28;

  private final UUID id;
  private final String subject;
  private final SecretKey key;
  private final Instant createdAt;
  private final AtomicLong messages = new AtomicLong();

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

  /** Counts a message; false when the key must encrypt no more of them. */
  boolean count() {
    return messages.incrementAndGet() <= MOST_MESSAGES;
  }

  @Override
  public String toString() {
    return "data key " + id;
  }
}
