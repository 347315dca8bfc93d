package io.mistersmith.persistence.agent;

/** The types of agents and of their events, as their columns take them. */
final class TypeName {

  private static final int MAX_LENGTH = 50;

  private TypeName() {}

  /** Returns the name if it is 1 to 50 characters that PostgreSQL can hold. */
  static String check(String what, String name) {
    boolean valid =
        name.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE)
            && !name.isEmpty()
            && name.codePointCount(0, name.length()) <= MAX_LENGTH;
    if (!valid) {
      throw new IllegalArgumentException(
          what + ": give 1 to " + MAX_LENGTH + " characters, without NUL or half a surrogate pair");
    }
    return name;
  }
}
