package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes any agent and key in the alphabet of NATS KV keys, {@code [-/_=A-Za-z0-9]} and dots
 * between tokens, and reads them back.
 *
 * <p>{@code [-_A-Za-z0-9]} stand for themselves. Other ASCII characters are {@code =} and two
 * upper-case hexadecimal digits; code points beyond ASCII are {@code /} and base-64url digits:
 * three below U+10000, whose first digit is at most 15, else four, whose first digit is 16 or more.
 * So every code is as long as its first digit says. The agent is one token. In a key a dot
 * separates tokens where it has a neighbour on both sides that is no dot, so that prefixes can be
 * watched; elsewhere it is escaped, since NATS knows no empty tokens. Every text has exactly one
 * encoding, and what is not one is not read.
 */
final class KeyEncoding {

  private static final String DIGITS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private KeyEncoding() {}

  /** The agent's token. */
  static String encodeAgent(String agent) {
    return encode(agent, false);
  }

  /** The agent's token and the key's tokens. */
  static String encode(StateKey key) {
    return encode(key.agent(), false) + '.' + encode(key.key(), true);
  }

  /** Reads what {@link #encode(StateKey)} wrote; empty for anything that it would not write. */
  static Optional<StateKey> decode(String encoded) {
    int dot = encoded.indexOf('.');
    if (dot <= 0 || dot == encoded.length() - 1) {
      return Optional.empty();
    }
    @Nullable String agent = encoded.substring(0, dot);
    @Nullable String key = encoded.substring(dot + 1);
    if (plainPrefix(agent, false) == agent.length() && plainPrefix(key, true) == key.length()) {
      return decoded(agent, key);
    }
    agent = decodeText(encoded, 0, dot);
    key = decodeText(encoded, dot + 1, encoded.length());
    if (agent == null || key == null) {
      return Optional.empty();
    }
    return decoded(agent, key).filter(decoded -> encode(decoded).equals(encoded));
  }

  private static Optional<StateKey> decoded(String agent, String key) {
    try {
      return Optional.of(StateKey.of(agent, key));
    } catch (NonTransientPersistenceException notAKey) {
      return Optional.empty();
    }
  }

  private static String encode(String text, boolean dotsSeparate) {
    int plain = plainPrefix(text, dotsSeparate);
    if (plain == text.length()) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, plain);
    for (int i = plain; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isPlain(c) || (c == '.' && dotsSeparate && isSeparator(text, i))) {
        out.append(c);
      } else if (c < 0x80) {
        out.append('=').append(String.format(Locale.ROOT, "%02X", (int) c));
      } else {
        int codePoint = text.codePointAt(i);
        i += Character.charCount(codePoint) - 1;
        appendCodePoint(out.append('/'), codePoint);
      }
    }
    return out.toString();
  }

  /** How much of the text stands for itself. */
  private static int plainPrefix(String text, boolean dotsSeparate) {
    int plain = 0;
    while (plain < text.length()
        && (isPlain(text.charAt(plain))
            || (text.charAt(plain) == '.' && dotsSeparate && isSeparator(text, plain)))) {
      plain++;
    }
    return plain;
  }

  private static boolean isSeparator(String text, int at) {
    return at > 0
        && at < text.length() - 1
        && text.charAt(at - 1) != '.'
        && text.charAt(at + 1) != '.';
  }

  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_';
  }

  private static void appendCodePoint(StringBuilder out, int codePoint) {
    if (Character.isBmpCodePoint(codePoint)) {
      out.append(DIGITS.charAt(codePoint >> 12));
    } else {
      out.append(DIGITS.charAt(16 + (codePoint >> 18)))
          .append(DIGITS.charAt((codePoint >> 12) & 63));
    }
    out.append(DIGITS.charAt((codePoint >> 6) & 63)).append(DIGITS.charAt(codePoint & 63));
  }

  private static @Nullable String decodeText(String encoded, int from, int to) {
    StringBuilder out = new StringBuilder(to - from);
    int i = from;
    while (i < to) {
      char c = encoded.charAt(i);
      int length;
      int codePoint;
      if (c == '=') {
        length = 3;
        codePoint = i + length <= to ? hex(encoded.charAt(i + 1), encoded.charAt(i + 2)) : -1;
      } else if (c == '/') {
        int first = i + 1 < to ? DIGITS.indexOf(encoded.charAt(i + 1)) : -1;
        length = first < 16 ? 4 : 5;
        codePoint = i + length <= to ? codePoint(encoded, i + 1, first, length - 2) : -1;
      } else {
        length = 1;
        codePoint = c;
      }
      if (codePoint < 0) {
        return null;
      }
      out.appendCodePoint(codePoint);
      i += length;
    }
    return out.toString();
  }

  private static int hex(char high, char low) {
    int h = Character.digit(high, 16);
    int l = Character.digit(low, 16);
    return h < 0 || l < 0 ? -1 : h * 16 + l;
  }

  private static int codePoint(String encoded, int at, int first, int moreDigits) {
    int codePoint = first < 16 ? first : first - 16;
    for (int i = 1; i <= moreDigits; i++) {
      int digit = DIGITS.indexOf(encoded.charAt(at + i));
      if (first < 0 || digit < 0) {
        return -1;
      }
      codePoint = codePoint << 6 | digit;
    }
    return codePoint <= Character.MAX_CODE_POINT ? codePoint : -1;
  }
}
