package io.mistersmith.persistence.stream;

import java.time.Duration;
import java.util.regex.Pattern;

/** What names, subjects and numbers of plans must meet. */
final class Rules {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");
  private static final Pattern TOKEN = Pattern.compile("[!-~&&[^.*>]]+");

  private Rules() {}

  static void that(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  static String name(String field, String name) {
    that(
        NAME.matcher(name).matches(),
        field + " is '" + name + "'; use letters, digits, '_' and '-', at least one");
    return name;
  }

  static void positive(String field, Duration duration) {
    that(
        !duration.isNegative() && !duration.isZero(),
        field + " is " + duration + "; give a positive duration");
  }

  static void atLeast(String field, long least, long value) {
    that(value >= least, field + " is " + value + "; give at least " + least);
  }

  /** Checks a subject that may have the wildcards {@code *} and, as its last token, {@code >}. */
  static String filter(String field, String subject) {
    String[] tokens = subject.split("\\.", -1);
    for (int i = 0; i < tokens.length; i++) {
      boolean wildcard =
          i > 0 && (tokens[i].equals("*") || (tokens[i].equals(">") && i == tokens.length - 1));
      that(
          wildcard || TOKEN.matcher(tokens[i]).matches(),
          field
              + " is '"
              + subject
              + "'; use tokens of visible ASCII between dots, '*' for any token but the first, and"
              + " '>' as the last one");
    }
    return subject;
  }
}
