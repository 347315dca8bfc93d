package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerationException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Checks bytes that were not written token by token: whether they are one JSON document in plain
 * UTF-8 that PostgreSQL accepts as {@code jsonb} and that can be read within Jackson's limits.
 */
final class JsonText {

  /** How many bytes the parts of one array or object of a {@code jsonb} may have in all. */
  private static final int MAX_JSONB_BYTES = 268_435_455;

  /**
   * The most bytes that a part of a {@code jsonb} takes beyond its text: its header and padding.
   */
  private static final int PART_OVERHEAD = 16;

  private JsonText() {}

  static void check(byte[] json, JsonFactory factory) throws IOException {
    checkEncoding(json);
    long parts = 0;
    try (JsonParser parser = factory.createParser(json)) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw refused("there is no JSON");
      }
      int depth = 0;
      do {
        parts++;
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        check(token, parser);
        token = parser.nextToken();
      } while (token != null && depth > 0);
      if (token != null) {
        throw refused("there is more than one JSON document");
      }
      if (depth > 0) {
        throw refused("the JSON document ends early");
      }
    }
    if (json.length + parts * PART_OVERHEAD > MAX_JSONB_BYTES) {
      throw refused("the document has too many parts for PostgreSQL; save it in pieces");
    }
  }

  /** The parser would take the other encodings of Unicode, too. */
  private static void checkEncoding(byte[] json) throws IOException {
    boolean ascii = true;
    for (byte b : json) {
      if (b == 0) {
        throw refused("the bytes hold NUL, which is no JSON in UTF-8");
      }
      ascii &= b > 0;
    }
    if (ascii) {
      return;
    }
    if (json.length > 2
        && json[0] == (byte) 0xEF
        && json[1] == (byte) 0xBB
        && json[2] == (byte) 0xBF) {
      throw refused("the bytes begin with a byte order mark; encode without one");
    }
    try {
      var unused = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
    } catch (CharacterCodingException e) {
      throw refused("the bytes are not UTF-8");
    }
  }

  private static void check(JsonToken token, JsonParser parser) throws IOException {
    switch (token) {
      case FIELD_NAME, VALUE_STRING -> {
        Optional<String> refusal =
            refusal(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
        if (refusal.isPresent()) {
          throw refused(refusal.get());
        }
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
        Optional<String> refusal =
            JsonNumber.refusal(
                parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
        if (refusal.isPresent()) {
          throw refused(refusal.get());
        }
      }
      default -> {
        // the parser has checked it
      }
    }
  }

  /** Returns why PostgreSQL would refuse a string or a name; empty when it would accept it. */
  static Optional<String> refusal(char[] text, int offset, int length) {
    int end = offset + length;
    for (int i = offset; i < end; i++) {
      char c = text[i];
      if (c == 0) {
        return Optional.of(nul(i - offset));
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == end
            || !Character.isLowSurrogate(text[i + 1])) {
          return Optional.of(halfPair(i - offset));
        }
        i++;
      }
    }
    return Optional.empty();
  }

  static String nul(int index) {
    return "a string holds NUL at index " + index + ", which PostgreSQL cannot store";
  }

  static String halfPair(int index) {
    return "a string holds half a surrogate pair at index " + index;
  }

  private static JsonGenerationException refused(String reason) {
    return new JsonGenerationException(reason, (JsonGenerator) null);
  }
}
