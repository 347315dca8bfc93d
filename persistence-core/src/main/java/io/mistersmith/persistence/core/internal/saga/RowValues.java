package io.mistersmith.persistence.core.internal.saga;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.JsonCodec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Values of columns as a JSON object that PostgreSQL makes a row of: there each value gets the type
 * of its column.
 */
final class RowValues {

  private static final JsonCodec<Object> JSON = Json.mapping(Object.class);

  private RowValues() {}

  /** Returns the JSON text of these columns. */
  static String of(Map<String, ?> columns) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    columns.forEach((name, value) -> values.put(name, plain(value)));
    return new String(JSON.encode(values), UTF_8);
  }

  private static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof Optional<?> optional) {
      return plain(optional.orElse(null));
    } else if (value instanceof AgentId agent) {
      return agent.uuid().toString();
    } else if (value instanceof byte[] bytes) {
      return "\\x" + HexFormat.of().formatHex(bytes);
    } else if (value instanceof Double number && !Double.isFinite(number)) {
      return number.toString();
    } else if (value instanceof Float number && !Float.isFinite(number)) {
      return number.toString();
    } else if (value instanceof Collection<?> elements) {
      List<@Nullable Object> all = new ArrayList<>(elements.size());
      elements.forEach(element -> all.add(plain(element)));
      return all;
    }
    return value;
  }
}
