package io.mistersmith.persistence.session;

/** Checks the texts of a session: PostgreSQL must be able to keep them. */
final class SessionText {

  private SessionText() {}

  /**
   * Returns the text.
   *
   * @throws IllegalArgumentException when it is not 1 to {@code most} characters, or holds NUL or
   *     half a surrogate pair
   */
  static String check(String field, String text, int most) {
    int length = text.codePointCount(0, text.length());
    if (length < 1 || length > most) {
      throw new IllegalArgumentException(
          "session: " + field + " has " + length + " characters; give it 1 to " + most);
    }
    boolean bad =
        text.codePoints()
            .anyMatch(
                c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
    if (bad) {
      throw new IllegalArgumentException(
          "session: " + field + " holds NUL or half a surrogate pair, which is no text");
    }
    return text;
  }
}
