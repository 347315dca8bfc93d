package io.mistersmith.persistence.testkit.memory;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a document that {@link JsonText} found valid: objects as maps, arrays as lists, text,
 * numbers as {@link BigDecimal}, booleans and null. Of two equal names the last one counts.
 */
final class JsonTree {

  private final String text;
  private int at;

  private JsonTree(String text) {
    this.text = text;
  }

  static @Nullable Object read(byte[] json) {
    return read(new String(json, StandardCharsets.UTF_8));
  }

  static @Nullable Object read(String json) {
    return new JsonTree(json).value();
  }

  private @Nullable Object value() {
    space();
    char first = text.charAt(at);
    return switch (first) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, @Nullable Object> object() {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    at++;
    while (!skips('}')) {
      boolean unusedComma = skips(',');
      space();
      String name = string();
      boolean unusedColon = skips(':');
      members.put(name, value());
    }
    return members;
  }

  private List<@Nullable Object> array() {
    List<@Nullable Object> elements = new ArrayList<>();
    at++;
    while (!skips(']')) {
      boolean unusedComma = skips(',');
      elements.add(value());
    }
    return elements;
  }

  private String string() {
    StringBuilder read = new StringBuilder();
    for (at++; text.charAt(at) != '"'; at++) {
      char c = text.charAt(at);
      read.append(c == '\\' ? escaped() : c);
    }
    at++;
    return read.toString();
  }

  private char escaped() {
    at++;
    char c = text.charAt(at);
    return switch (c) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        at += 4;
        yield (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
      }
      default -> c;
    };
  }

  private BigDecimal number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return new BigDecimal(text.substring(start, at));
  }

  private @Nullable Object word(String word, @Nullable Object meaning) {
    at += word.length();
    return meaning;
  }

  private boolean skips(char c) {
    space();
    boolean there = text.charAt(at) == c;
    if (there) {
      at++;
    }
    return there;
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }
}
