package io.mistersmith.persistence.core.internal.store.postgres;

/**
 * Text that PostgreSQL may be unable to hold, in an escaped form that it can: NUL and unpaired
 * surrogates are written as a backslash, {@code u} and four hexadecimal digits, and backslashes are
 * doubled, so that no two texts look alike.
 */
final class SqlText {

  private SqlText() {}

  /** Whether the text can be stored as it is. */
  static boolean isStorable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return false;
      }
      if (Character.isSurrogate(c)) {
        if (!isPairAt(text, i)) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** The text as it is where it can be stored, else escaped. */
  static String storable(String text) {
    return isStorable(text) ? text : escape(text);
  }

  /** The escaped form; {@link #unescape} gives the text back. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        escaped.append("\\\\");
      } else if (Character.isSurrogate(c) && isPairAt(text, i)) {
        escaped.append(c).append(text.charAt(++i));
      } else if (c == 0 || Character.isSurrogate(c)) {
        escaped.append("\\u%04x".formatted((int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }

  /** The text that {@link #escape} was given. */
  static String unescape(String escaped) {
    StringBuilder text = new StringBuilder(escaped.length());
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      if (c != '\\') {
        text.append(c);
      } else if (escaped.charAt(++i) == '\\') {
        text.append('\\');
      } else {
        text.append((char) Integer.parseInt(escaped.substring(i + 1, i + 5), 16));
        i += 4;
      }
    }
    return text.toString();
  }

  /**
   * The first text after all paths that start with {@code prefix}, in the order of the bytes. Types
   * begin every path, and no letter of theirs comes after {@code z}.
   */
  static String endOfPrefix(String prefix) {
    int end = prefix.length();
    while (end > 0) {
      int last = prefix.codePointBefore(end);
      end -= Character.charCount(last);
      if (last < Character.MAX_CODE_POINT) {
        int next = last + 1 == Character.MIN_SURROGATE ? Character.MAX_SURROGATE + 1 : last + 1;
        return prefix.substring(0, end) + Character.toString(next);
      }
    }
    return "{";
  }

  private static boolean isPairAt(String text, int index) {
    return Character.isHighSurrogate(text.charAt(index))
        && index + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(index + 1));
  }
}
