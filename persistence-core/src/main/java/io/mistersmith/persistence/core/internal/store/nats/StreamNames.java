package io.mistersmith.persistence.core.internal.store.nats;

/**
 * The names of streams and subjects on the server: those of the application after the
 * installation's prefix.
 */
record StreamNames(String prefix) {

  String stream(String name) {
    return prefix + name;
  }

  String subject(String subject) {
    return prefix + subject;
  }

  /** Returns the application's subject, given the server's. */
  String plain(String subject) {
    return subject.startsWith(prefix) ? subject.substring(prefix.length()) : subject;
  }
}
