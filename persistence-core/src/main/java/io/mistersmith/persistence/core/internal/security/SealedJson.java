package io.mistersmith.persistence.core.internal.security;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * Encrypted bytes as a JSON object of one member, {@code {"$sealed":"base64"}}: jsonb, and every
 * reader of entries, takes it.
 */
final class SealedJson {

  private static final byte[] NAME = "\"$sealed\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BEFORE = "{\"$sealed\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] AFTER = "\"}".getBytes(StandardCharsets.US_ASCII);

  private final byte[] json;
  private int at;

  private SealedJson(byte[] json) {
    this.json = json;
  }

  static byte[] write(byte[] sealed) {
    byte[] text = Base64.getEncoder().encode(sealed);
    byte[] json = Arrays.copyOf(BEFORE, BEFORE.length + text.length + AFTER.length);
    System.arraycopy(text, 0, json, BEFORE.length, text.length);
    System.arraycopy(AFTER, 0, json, BEFORE.length + text.length, AFTER.length);
    return json;
  }

  /**
   * Returns the encrypted bytes, with blanks between the tokens or without; empty where the JSON is
   * another one.
   */
  static Optional<byte[]> read(byte[] json) throws DamagedException {
    SealedJson reader = new SealedJson(json);
    if (!reader.has('{') || !reader.hasName()) {
      return Optional.empty();
    }
    return Optional.of(reader.value());
  }

  private boolean has(char expected) {
    while (at < json.length && isBlank(json[at])) {
      at++;
    }
    if (at < json.length && json[at] == expected) {
      at++;
      return true;
    }
    return false;
  }

  private static boolean isBlank(byte letter) {
    return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
  }

  private boolean hasName() {
    if (!has('"')) {
      return false;
    }
    int start = at - 1;
    int end = start + NAME.length;
    at = end;
    return end <= json.length && Arrays.equals(json, start, end, NAME, 0, NAME.length);
  }

  private byte[] value() throws DamagedException {
    if (!has(':') || !has('"')) {
      throw new DamagedException("it has no text");
    }
    int start = at;
    while (at < json.length && json[at] != '"') {
      at++;
    }
    byte[] text = Arrays.copyOfRange(json, start, at);
    if (!has('"') || !has('}') || !isEnd()) {
      throw new DamagedException("it does not end where it should");
    }
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new DamagedException("it is not base64");
    }
  }

  private boolean isEnd() {
    while (at < json.length && isBlank(json[at])) {
      at++;
    }
    return at == json.length;
  }
}
