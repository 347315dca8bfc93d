package io.mistersmith.persistence.core.internal.store.postgres;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The text that {@code jsonb} makes of a document: members sorted by the length of their names and
 * then by bytes, of two equal names the last, numbers without exponent and zero without a sign, few
 * escapes, and a blank after each comma and colon.
 */
final class JsonbText {

  private static final int MAX_DEPTH = 1_000;

  private final byte[] json;

  /** For each level where its last name begins: 0 before the first name, -1 in an array. */
  private int[] names = new int[16];

  private int depth;
  private int at;

  private JsonbText(byte[] json) {
    this.json = json;
  }

  /**
   * Whether {@link #withoutBlanks} of jsonb's text is these bytes. False in doubt; of any use only
   * for bytes that jsonb accepts.
   */
  static boolean givesBack(byte[] json) {
    return new JsonbText(json).isGivenBack();
  }

  /** The text of a {@code jsonb} value without the blanks that PostgreSQL puts into it. */
  static byte[] withoutBlanks(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int length = 0;
    boolean inString = false;
    for (int i = 0; i < bytes.length; i++) {
      byte b = bytes[i];
      if (b == ' ' && !inString) {
        continue;
      }
      bytes[length++] = b;
      if (b == '"') {
        inString = !inString;
      } else if (b == '\\') { // only a string has one, and what follows it is part of the string
        bytes[length++] = bytes[++i];
      }
    }
    return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
  }

  private boolean isGivenBack() {
    boolean nameNext = false;
    while (at < json.length) {
      byte b = json[at];
      boolean good =
          switch (b) {
            case '{' -> enter(0);
            case '[' -> enter(-1);
            case '}', ']' -> leave();
            case ',', ':' -> skip();
            case '"' -> nameNext ? name() : string();
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> b >= 'a' && b <= 'z' && skip();
          };
      if (!good) {
        return false;
      }
      nameNext = (b == '{' || b == ',') && depth > 0 && names[depth - 1] >= 0;
    }
    return true;
  }

  private boolean enter(int lastName) {
    if (depth == MAX_DEPTH) {
      return false;
    }
    if (depth == names.length) {
      names = Arrays.copyOf(names, depth * 2);
    }
    names[depth++] = lastName;
    return skip();
  }

  private boolean leave() {
    depth--;
    return depth >= 0 && skip();
  }

  private boolean skip() {
    at++;
    return true;
  }

  private boolean name() {
    int start = at + 1;
    int end = start;
    while (end < json.length && json[end] != '"') {
      if (json[end] == '\\') {
        return false;
      }
      end++;
    }
    int before = names[depth - 1];
    names[depth - 1] = start;
    at = end + 1;
    return before == 0 || isBefore(before, start, end);
  }

  private boolean isBefore(int one, int other, int otherEnd) {
    int oneEnd = one;
    while (json[oneEnd] != '"') {
      oneEnd++;
    }
    int order = Integer.compare(oneEnd - one, otherEnd - other);
    return order == 0
        ? Arrays.compareUnsigned(json, one, oneEnd, json, other, otherEnd) < 0
        : order < 0;
  }

  private boolean string() {
    for (at++; at < json.length; at++) {
      byte b = json[at];
      if (b == '"') {
        return skip();
      }
      if (b == '\\' && (++at == json.length || "\"\\bfnrt".indexOf(json[at]) < 0)) {
        return false;
      }
    }
    return false;
  }

  private boolean number() {
    boolean negative = json[at] == '-';
    boolean zero = true;
    for (at += negative ? 1 : 0; at < json.length; at++) {
      byte b = json[at];
      if (b == 'e' || b == 'E') {
        return false;
      }
      if (b != '.' && (b < '0' || b > '9')) {
        break;
      }
      zero &= b == '0' || b == '.';
    }
    return !(negative && zero);
  }
}
