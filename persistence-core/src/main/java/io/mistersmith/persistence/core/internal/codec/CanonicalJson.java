package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.state.JsonCodec;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/**
 * JSON of which there is one text for one content: members in the order of their names, numbers
 * without exponents as {@code jsonb} gives them back. Thread-safe.
 */
public final class CanonicalJson {

  private static final JsonCodec<Object> ANY = Json.mapping(Object.class);

  /** A number with a point stays one, so that it is read as the same type. */
  private static final JsonSerializer<BigDecimal> PLAIN =
      new JsonSerializer<>() {
        @Override
        public void serialize(BigDecimal value, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          String plain = value.toPlainString();
          json.writeNumber(plain.indexOf('.') < 0 ? plain + ".0" : plain);
        }
      };

  private static final ObjectMapper READER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNumberLength(200_000).build())
                  .build())
          .build();

  private static final ObjectMapper EXACT =
      READER
          .copy()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .registerModule(new SimpleModule().addSerializer(BigDecimal.class, PLAIN));

  private CanonicalJson() {}

  /**
   * Returns the text of a value.
   *
   * @throws NonTransientPersistenceException {@code SERIALIZATION_ERROR} when PostgreSQL could not
   *     keep it as JSON
   */
  public static String of(Object value) {
    try {
      return EXACT.writeValueAsString(EXACT.readValue(ANY.encode(value), Object.class));
    } catch (IOException e) {
      throw refused("the value cannot be written as JSON", e);
    }
  }

  /** Returns the maps, lists, texts, numbers and booleans of a text. */
  public static Object read(String json) {
    try {
      return READER.readValue(json, Object.class);
    } catch (IOException e) {
      throw refused("the value is no JSON", e);
    }
  }

  /** Returns a value of a class that was, or could have been, written as {@code value}. */
  public static <T> T convert(Object value, Class<T> type) {
    return Json.mapping(type).decode(of(value).getBytes(StandardCharsets.UTF_8));
  }

  private static NonTransientPersistenceException refused(String what, IOException cause) {
    return new NonTransientPersistenceException(DataError.SERIALIZATION_ERROR, what, cause);
  }
}
