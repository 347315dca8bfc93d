package io.mistersmith.persistence.testkit.memory;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes maps, lists, text, numbers, booleans and null as JSON. */
final class JsonWriter {

  private final StringBuilder json = new StringBuilder();

  private JsonWriter() {}

  /** Text that is JSON already, as a member of what is written. */
  record Raw(String json) {}

  static String write(@Nullable Object value) {
    JsonWriter writer = new JsonWriter();
    writer.add(value);
    return writer.json.toString();
  }

  private void add(@Nullable Object value) {
    if (value instanceof Map<?, ?> members) {
      char before = '{';
      for (Map.Entry<?, ?> member : members.entrySet()) {
        json.append(before);
        text(String.valueOf(member.getKey()));
        json.append(':');
        add(member.getValue());
        before = ',';
      }
      json.append(before == '{' ? "{}" : "}");
    } else if (value instanceof Iterable<?> elements) {
      char before = '[';
      for (Object element : elements) {
        json.append(before);
        add(element);
        before = ',';
      }
      json.append(before == '[' ? "[]" : "]");
    } else if (value == null || value instanceof Number || value instanceof Boolean) {
      json.append(value);
    } else if (value instanceof Raw raw) {
      json.append(raw.json());
    } else {
      text(value.toString());
    }
  }

  private void text(String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }
}
