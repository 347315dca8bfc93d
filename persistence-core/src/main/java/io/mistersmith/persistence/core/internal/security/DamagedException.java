package io.mistersmith.persistence.core.internal.security;

/** Encrypted bytes that cannot be what was written. The message is a clause of a sentence. */
final class DamagedException extends Exception {

  private static final long serialVersionUID = 1L;

  DamagedException(String message) {
    super(message);
  }
}
