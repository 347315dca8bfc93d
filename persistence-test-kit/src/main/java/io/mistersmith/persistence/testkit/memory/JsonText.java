package io.mistersmith.persistence.testkit.memory;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says whether bytes are a JSON document that PostgreSQL takes as {@code jsonb}: RFC 8259 in UTF-8
 * and nothing after it, no NUL and no half of a surrogate pair in a string, numbers within the
 * range of {@code numeric}, and no deeper than its stack.
 */
final class JsonText {

  private static final int MAX_DEPTH = 5_000;
  private static final int MAX_DIGITS_BEFORE_POINT = 131_072;
  private static final int MAX_DIGITS_AFTER_POINT = 16_383;

  private final String text;
  private int at;

  private JsonText(String text) {
    this.text = text;
  }

  /** Returns why PostgreSQL would refuse the bytes; empty when it would accept them. */
  static Optional<String> refusal(byte[] bytes) {
    try {
      String decoded =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      JsonText json = new JsonText(decoded);
      json.value();
      json.space();
      json.require(json.at == decoded.length(), "22P02", "text after the document");
      return Optional.empty();
    } catch (CharacterCodingException e) {
      return Optional.of("SQLSTATE 22021: the value is not UTF-8");
    } catch (Refused e) {
      return Optional.of(e.getMessage() == null ? "SQLSTATE 22P02" : e.getMessage());
    }
  }

  /** Returns the whole number that the first member of this name has; empty without one. */
  static OptionalLong number(byte[] json, String name) {
    Matcher member =
        Pattern.compile('"' + name + "\":(\\d{1,18})")
            .matcher(new String(json, StandardCharsets.UTF_8));
    return member.find() ? OptionalLong.of(Long.parseLong(member.group(1))) : OptionalLong.empty();
  }

  /** Without recursion, so that a deep document needs no deeper stack than a flat one. */
  private void value() {
    BitSet objects = new BitSet(); // which of the open containers are objects
    int depth = 0;
    do {
      require(depth < MAX_DEPTH, "54001", "nested too deep");
      space();
      require(at < text.length(), "22P02", "the document ends early");
      char first = text.charAt(at);
      if (first == '{' || first == '[') {
        at++;
        if (!skips(end(first == '{'))) {
          objects.set(depth, first == '{');
          depth++;
          name(first == '{');
          continue;
        }
      } else {
        scalar(first);
      }
      while (depth > 0 && !skips(',')) {
        depth--;
        boolean object = objects.get(depth);
        require(
            skips(end(object)), "22P02", (object ? "an object" : "an array") + " is not closed");
      }
      name(depth > 0 && objects.get(depth - 1));
    } while (depth > 0);
  }

  private static char end(boolean object) {
    return object ? '}' : ']';
  }

  private void name(boolean inObject) {
    if (inObject) {
      space();
      require(at < text.length() && text.charAt(at) == '"', "22P02", "a name is missing");
      string();
      require(skips(':'), "22P02", "a colon is missing");
    }
  }

  private void scalar(char first) {
    switch (first) {
      case '"' -> string();
      case 't' -> word("true");
      case 'f' -> word("false");
      case 'n' -> word("null");
      default -> number();
    }
  }

  private void string() {
    at++;
    boolean highBefore = false;
    while (true) {
      require(at < text.length(), "22P02", "a string is not closed");
      char c = text.charAt(at++);
      require(c >= ' ', "22P02", "a control character in a string");
      boolean escaped = c == '\\';
      char meant = escaped ? escape() : c;
      boolean surrogate = escaped && Character.isSurrogate(meant);
      boolean low = surrogate && Character.isLowSurrogate(meant);
      require(low == highBefore, "22P02", "half a surrogate pair in a string");
      highBefore = surrogate && !low;
      if (c == '"') {
        return;
      }
    }
  }

  private char escape() {
    require(at < text.length(), "22P02", "a string is not closed");
    char c = text.charAt(at++);
    if (c != 'u') {
      require("\"\\/bfnrt".indexOf(c) >= 0, "22P02", "an unknown escape in a string");
      return c;
    }
    require(at + 4 <= text.length(), "22P02", "a string is not closed");
    int code = 0;
    for (int end = at + 4; at < end; at++) {
      int digit = Character.digit(text.charAt(at), 16);
      require(digit >= 0 && text.charAt(at) < 128, "22P02", "a \\u escape without four digits");
      code = code * 16 + digit;
    }
    require(code != 0, "22P05", "NUL in a string");
    return (char) code;
  }

  private void number() {
    int start = at;
    skips('-', at);
    int whole = skips('0', at) ? 1 : digits();
    require(whole > 0, "22P02", "no JSON value");
    int fraction = 0;
    if (skips('.', at)) {
      fraction = digits();
      require(fraction > 0, "22P02", "a number ends with its point");
    }
    int exponent = 0;
    if (skips('e', at) || skips('E', at)) {
      boolean plus = skips('+', at);
      int from = at;
      if (!plus) {
        skips('-', at);
      }
      require(digits() > 0, "22P02", "a number without exponent");
      exponent = exponent(text.substring(from, at));
    }
    require(
        whole + exponent <= MAX_DIGITS_BEFORE_POINT
            && fraction - exponent <= MAX_DIGITS_AFTER_POINT,
        "22003",
        "a number of " + (at - start) + " characters is out of range");
  }

  private static int exponent(String digits) {
    try {
      return Math.max(-1_000_000, Math.min(1_000_000, Integer.parseInt(digits)));
    } catch (NumberFormatException e) {
      return digits.startsWith("-") ? -1_000_000 : 1_000_000;
    }
  }

  private int digits() {
    int from = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at - from;
  }

  private void word(String expected) {
    require(text.startsWith(expected, at), "22P02", "no JSON value");
    at += expected.length();
  }

  private boolean skips(char c) {
    space();
    return skips(c, at);
  }

  private boolean skips(char c, int where) {
    boolean there = where < text.length() && text.charAt(where) == c;
    if (there) {
      at = where + 1;
    }
    return there;
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private void require(boolean condition, String sqlState, String problem) {
    if (!condition) {
      throw new Refused("SQLSTATE " + sqlState + ": " + problem + " at index " + at);
    }
  }

  /** Unwinds the parser; carries why. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String reason) {
      super(reason, null, false, false);
    }
  }
}
