package io.mistersmith.persistence.core.internal.store.nats;

import java.util.regex.Pattern;

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

  /** Whether a subject is one of those that a stream takes, both as the server names them. */
  static boolean matches(String filter, String subject) {
    String tokens =
        Pattern.quote(filter).replace("*", "\\E[^.]+\\Q").replaceFirst(">\\\\E$", "\\\\E.+");
    return subject.matches(tokens);
  }

  /** Returns the application's subject, given the server's. */
  String plain(String subject) {
    return subject.startsWith(prefix) ? subject.substring(prefix.length()) : subject;
  }
}
