package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The members of a JSON object whose values are handed on as the text that they are, so that no
 * number changes. Immutable.
 */
public final class JsonMembers {

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNumberLength(200_000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final Map<String, String> raw = new HashMap<>();
  private final Map<String, String> texts = new HashMap<>();

  private JsonMembers() {}

  /**
   * Reads an object.
   *
   * @throws NonTransientPersistenceException {@code SERIALIZATION_ERROR} when the bytes are no JSON
   *     object
   */
  public static JsonMembers of(byte[] object) {
    JsonMembers members = new JsonMembers();
    try (JsonParser parser = FACTORY.createParser(object)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new NonTransientPersistenceException(
            DataError.SERIALIZATION_ERROR, "the document is no JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        members.take(parser, object);
      }
      return members;
    } catch (IOException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, "the document is no JSON object", e);
    }
  }

  private void take(JsonParser parser, byte[] object) throws IOException {
    String name = parser.currentName();
    JsonToken token = parser.nextToken();
    int start = (int) parser.currentTokenLocation().getByteOffset();
    if (token == JsonToken.VALUE_NULL) {
      return;
    }
    if (token.isScalarValue()) {
      texts.put(name, parser.getText());
    }
    parser.skipChildren();
    parser.finishToken();
    int end = (int) parser.currentLocation().getByteOffset();
    raw.put(name, new String(object, start, end - start, StandardCharsets.UTF_8).strip());
  }

  /** Returns a member as JSON; empty when it is missing or null. */
  public Optional<String> json(String name) {
    return Optional.ofNullable(raw.get(name));
  }

  /** Returns a member that is a string, a number or a boolean, as text. */
  public Optional<String> text(String name) {
    return Optional.ofNullable(texts.get(name));
  }
}
