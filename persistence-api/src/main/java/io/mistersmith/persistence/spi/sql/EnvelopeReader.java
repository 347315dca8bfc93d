package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.spi.sql.LogStore.Envelope;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads the one form in which {@link Envelope#encode} writes. Used once. */
final class EnvelopeReader {

  private final byte[] value;
  private int at;

  EnvelopeReader(byte[] value) {
    this.value = value;
  }

  Optional<Envelope> read() {
    if (!skip("{\"before\":")) {
      return Optional.empty();
    }
    OptionalLong before = number();
    Optional<String> id = skip(",\"id\":\"") ? text() : Optional.empty();
    OptionalLong with = skip(",\"with\":") ? number() : OptionalLong.empty();
    if (before.isEmpty() || !skip(",\"entry\":") || at >= value.length - 1) {
      return Optional.empty();
    }
    if (value[value.length - 1] != '}') {
      return Optional.empty();
    }
    byte[] document = Arrays.copyOfRange(value, at, value.length - 1);
    return Optional.of(new Envelope(id, with, before.getAsLong(), document))
        .filter(found -> found.encode().length == value.length);
  }

  private boolean skip(String expected) {
    for (int i = 0; i < expected.length(); i++) {
      if (at + i >= value.length || value[at + i] != expected.charAt(i)) {
        return false;
      }
    }
    at += expected.length();
    return true;
  }

  private OptionalLong number() {
    int start = at;
    long number = 0;
    while (at < value.length && value[at] >= '0' && value[at] <= '9' && at - start < 18) {
      number = number * 10 + value[at++] - '0';
    }
    return at == start ? OptionalLong.empty() : OptionalLong.of(number);
  }

  /** The text up to the closing quotation mark, which is skipped; empty without one. */
  private Optional<String> text() {
    byte[] text = new byte[value.length - at];
    int length = 0;
    while (at < value.length && value[at] != '"') {
      if (value[at] == '\\' && at + 1 < value.length) {
        at++;
      }
      text[length++] = value[at++];
    }
    at++;
    return at > value.length
        ? Optional.empty()
        : Optional.of(new String(text, 0, length, StandardCharsets.UTF_8));
  }
}
