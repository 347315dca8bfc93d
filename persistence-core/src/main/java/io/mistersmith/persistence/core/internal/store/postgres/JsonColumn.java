package io.mistersmith.persistence.core.internal.store.postgres;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** JSON objects as columns of the type {@code jsonb}. */
final class JsonColumn {

  /** Writes a double as jsonb gives it back: without an exponent, but as a double. */
  private static final JsonSerializer<Double> PLAIN_DOUBLE =
      new JsonSerializer<>() {
        @Override
        public void serialize(Double value, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          if (value.isNaN() || value.isInfinite()) {
            json.writeNumber(value);
          } else {
            String plain = new BigDecimal(value.toString()).toPlainString();
            json.writeNumber(plain.indexOf('.') < 0 ? plain + ".0" : plain);
          }
        }
      };

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new SimpleModule().addSerializer(Double.class, PLAIN_DOUBLE))
          .build();
  private static final TypeReference<HashMap<String, Object>> OBJECT = new TypeReference<>() {};

  private JsonColumn() {}

  /**
   * The object as text.
   *
   * @param what whose object it is, to begin a failure's message with
   * @throws NonTransientPersistenceException {@code SERIALIZATION_ERROR} when it cannot be written
   */
  static String text(String what, Map<String, Object> value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, what + " cannot be written as JSON", e);
    }
  }

  /**
   * The object that a text holds. Members that are null count as absent, and so does the text.
   *
   * @param what whose object it is, to begin a failure's message with
   */
  static Map<String, Object> map(String what, @Nullable String text) {
    try {
      Map<String, Object> map = text == null ? new HashMap<>() : JSON.readValue(text, OBJECT);
      map.values().removeIf(Objects::isNull);
      return map;
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, what + " is no JSON object", e);
    }
  }
}
