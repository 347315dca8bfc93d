package io.mistersmith.persistence.knowledge;

/** Texts of facts and embeddings, as their columns take them. */
final class FactText {

  private FactText() {}

  /** Returns the text if it is 1 to {@code max} characters that PostgreSQL can hold. */
  static String check(String what, String text, int max) {
    int length = text.codePointCount(0, text.length());
    if (length == 0 || length > max) {
      throw new IllegalArgumentException(what + " has " + length + " characters: give 1 to " + max);
    }
    return storable(what, text);
  }

  /** Returns the text if PostgreSQL can hold it. */
  static String storable(String what, String text) {
    if (text.codePoints().anyMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE)) {
      throw new IllegalArgumentException(what + " holds NUL or half a surrogate pair");
    }
    return text;
  }
}
