package io.mistersmith.persistence.testkit.memory;

/** Matches subjects as nats-server does: {@code *} is a token, {@code >} the rest. */
final class SubjectFilter {

  private SubjectFilter() {}

  static boolean matches(String filter, String subject) {
    String[] wanted = filter.split("\\.", -1);
    String[] tokens = subject.split("\\.", -1);
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i].equals(">")) {
        return tokens.length > i;
      }
      if (i >= tokens.length || !(wanted[i].equals("*") || wanted[i].equals(tokens[i]))) {
        return false;
      }
    }
    return wanted.length == tokens.length;
  }

  /** Whether there is a subject that both match. */
  static boolean overlap(String one, String other) {
    String[] first = one.split("\\.", -1);
    String[] second = other.split("\\.", -1);
    for (int i = 0; i < Math.min(first.length, second.length); i++) {
      if (first[i].equals(">") || second[i].equals(">")) {
        return true;
      }
      if (!(first[i].equals("*") || second[i].equals("*") || first[i].equals(second[i]))) {
        return false;
      }
    }
    return first.length == second.length;
  }
}
