package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonGenerationException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.BufferRecycler;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.repository.JsonCodec;
import java.io.IOException;
import java.util.Optional;

/**
 * JSON as both stores keep it. What its codecs write, PostgreSQL accepts: no entry that this
 * library wrote is refused for its JSON when it is flushed. Thread-safe.
 */
public final class Json {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .findAndAddModules()
          .addModule(new CrdtModule())
          .build();

  private Json() {}

  /** The mapping by fields and accessors that Jackson gives a type. */
  public static <T> JsonCodec<T> mapping(Class<T> type) {
    JavaType mapped = MAPPER.constructType(type);
    return new Mapped<>(
        mapped,
        ImmutableTypes.contain(mapped, MAPPER.getTypeFactory()),
        KnownProperties.of(mapped, MAPPER));
  }

  /** Guards a codec of the application: what it encodes is checked as the mapping's output is. */
  public static <T> JsonCodec<T> checked(JsonCodec<T> codec) {
    return new Checked<>(codec);
  }

  private record Mapped<T>(JavaType type, boolean sharesValues, Optional<KnownProperties> known)
      implements JsonCodec<T> {

    @Override
    @SuppressWarnings("NullAway") // the check is for callers without null analysis
    public byte[] encode(T value) {
      if (value == null) {
        throw refused("the value is null; delete the key instead");
      }
      return write(generator -> MAPPER.writeValue(generator, value));
    }

    @Override
    public T decode(byte[] json) {
      try {
        if (known.isPresent()) {
          try (JsonParser document = MAPPER.createParser(json)) {
            if (known.get().areForeignTo(document)) {
              throw refused(
                  "the entry has none of the properties of "
                      + type.toCanonical()
                      + ": it is of another type; read it as that one, or give each type keys of"
                      + " its own");
            }
          }
        }
        T value = MAPPER.readValue(json, type);
        if (value == null) {
          throw refused("the entry holds null, which maps to no " + type.toCanonical());
        }
        return value;
      } catch (IOException | StackOverflowError e) {
        throw refused("the entry does not map to " + type.toCanonical() + ": " + why(e));
      }
    }
  }

  private record Checked<T>(JsonCodec<T> codec) implements JsonCodec<T> {

    @Override
    public byte[] encode(T value) {
      byte[] json = codec.encode(value);
      write(
          generator -> {
            try (JsonParser parser = MAPPER.createParser(json)) {
              if (parser.nextToken() == null) {
                throw refused("the codec wrote no JSON");
              }
              generator.copyCurrentStructureExact(parser);
              if (parser.nextToken() != null) {
                throw refused("the codec wrote more than one JSON document");
              }
            }
          });
      return json;
    }

    @Override
    public T decode(byte[] json) {
      return codec.decode(json);
    }

    @Override
    public boolean sharesValues() {
      return codec.sharesValues();
    }
  }

  private interface Writing {
    void to(JsonGenerator generator) throws IOException;
  }

  private static byte[] write(Writing writing) {
    BufferRecycler recycler = MAPPER.getFactory()._getBufferRecycler();
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(recycler)) {
      try (JsonGenerator generator = new StrictGenerator(MAPPER.createGenerator(bytes))) {
        writing.to(generator);
      }
      return bytes.getClearAndRelease();
    } catch (IOException | StackOverflowError e) {
      throw refused("the value cannot be written as JSON: " + why(e));
    } finally {
      recycler.releaseToPool();
    }
  }

  /** What went wrong and where, without the values that Jackson's own messages quote. */
  private static String why(Throwable failure) {
    String where = "";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof JsonMappingException mapping && where.isEmpty()) {
        where = mapping.getPathReference();
      }
      if (cause instanceof JsonGenerationException || cause instanceof StreamConstraintsException) {
        return ((JsonProcessingException) cause).getOriginalMessage()
            + (where.isEmpty() ? "" : " at " + where);
      }
    }
    return failure.getClass().getSimpleName() + (where.isEmpty() ? "" : " at " + where);
  }

  private static NonTransientPersistenceException refused(String reason) {
    return new NonTransientPersistenceException(DataError.SERIALIZATION_ERROR, reason);
  }
}
