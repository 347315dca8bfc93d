package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes any agent and key in the alphabet of NATS KV keys, {@code [-/_=A-Za-z0-9]} and dots
 * between tokens, and reads them back.
 *
 * <p>A key is {@code <shard>.<agent>.<type>.<key>}: the shard of the owner in four digits, which
 * lets a reader take a part of all owners; the owner in one token; the type in one token.
 *
 * <p>{@code [-_A-Za-z0-9]} stand for themselves. Other ASCII characters are {@code =} and two
 * upper-case hexadecimal digits; code points beyond ASCII are {@code /} and base-64url digits:
 * three below U+10000, whose first digit is at most 15, else four, whose first digit is 16 or more.
 * So every code is as long as its first digit says. In a key a dot separates tokens, so that levels
 * can be listed and watched; an empty token, which NATS does not know, is a single {@code =}. Every
 * text has exactly one encoding, and what is not one is not read.
 */
final class KeyEncoding {

  private static final String DIGITS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private static final char EMPTY_TOKEN = '=';
  private static final int SHARD_DIGITS = 4;

  private static final String[] SHARDS = shards();

  private KeyEncoding() {}

  private static String[] shards() {
    String[] shards = new String[AgentId.SHARDS];
    for (int i = 0; i < shards.length; i++) {
      shards[i] = String.format(Locale.ROOT, "%04d.", i);
    }
    return shards;
  }

  /** Returns the tokens of the owner's shard and of the owner. */
  static String encodeAgent(AgentId agent) {
    return SHARDS[agent.shard()] + encode(agent.toString(), false);
  }

  /** Returns all tokens of a key. */
  static String encode(StateKey key) {
    return SHARDS[key.agent().shard()]
        + encode(key.agent().toString(), false)
        + '.'
        + key.type()
        + '.'
        + encode(key.key(), true);
  }

  /** Returns a filter that passes all keys of a shard's owners. */
  static String filter(int shard) {
    return SHARDS[shard] + '>';
  }

  /**
   * Returns a filter that passes all of the owner's keys whose path starts with {@code prefix}: no
   * others up to the last dot of the prefix, since a filter ends at a token.
   */
  static String filter(AgentId agent, String prefix) {
    int levels = prefix.lastIndexOf('.');
    return levels < 0
        ? encodeAgent(agent) + ".>"
        : encodeAgent(agent) + '.' + encode(prefix.substring(0, levels), true) + ".>";
  }

  /**
   * Returns a filter that passes the owner's keys whose path is {@code prefix}, which ends with a
   * dot, and one more token.
   */
  static String children(AgentId agent, String prefix) {
    return encodeAgent(agent) + '.' + encode(prefix.substring(0, prefix.length() - 1), true) + ".*";
  }

  /** Reads what {@link #encode(StateKey)} wrote; empty for anything that it would not write. */
  static Optional<StateKey> decode(String encoded) {
    int agentEnd = encoded.indexOf('.', SHARD_DIGITS + 1);
    int typeEnd = encoded.indexOf('.', agentEnd + 1);
    if (agentEnd < 0 || typeEnd < 0 || typeEnd == encoded.length() - 1) {
      return Optional.empty();
    }
    @Nullable String agent = encoded.substring(SHARD_DIGITS + 1, agentEnd);
    String type = encoded.substring(agentEnd + 1, typeEnd);
    @Nullable String key = encoded.substring(typeEnd + 1);
    boolean plain =
        plainPrefix(agent, false) == agent.length() && plainPrefix(key, true) == key.length();
    if (!plain) {
      agent = decodeText(encoded, SHARD_DIGITS + 1, agentEnd);
      key = decodeText(encoded, typeEnd + 1, encoded.length());
    }
    if (agent == null || key == null) {
      return Optional.empty();
    }
    return decoded(agent, type, key)
        .filter(
            found ->
                plain
                    ? encoded.startsWith(SHARDS[found.agent().shard()])
                    : encode(found).equals(encoded));
  }

  private static Optional<StateKey> decoded(String agent, String type, String key) {
    try {
      return Optional.of(new StateKey(AgentId.parse(agent), type, key));
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
      if (isPlain(c)) {
        out.append(c);
      } else if (c == '.' && dotsSeparate) {
        if (i == 0 || text.charAt(i - 1) == '.') {
          out.append(EMPTY_TOKEN);
        }
        out.append(c);
      } else if (c < 0x80) {
        out.append('=').append(String.format(Locale.ROOT, "%02X", (int) c));
      } else {
        int codePoint = text.codePointAt(i);
        i += Character.charCount(codePoint) - 1;
        appendCodePoint(out.append('/'), codePoint);
      }
    }
    if (dotsSeparate && text.charAt(text.length() - 1) == '.') {
      out.append(EMPTY_TOKEN);
    }
    return out.toString();
  }

  /** Returns the length of the text's part that needs no encoding. */
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
    return at > 0 && at < text.length() - 1 && text.charAt(at - 1) != '.';
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
      if (c == EMPTY_TOKEN && (i + 1 == to || encoded.charAt(i + 1) == '.')) {
        i++;
        continue;
      } else if (c == '=') {
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
