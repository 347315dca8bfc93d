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
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateType;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * JSON as both stores keep it. PostgreSQL accepts, and every reader can read, the JSON that its
 * codecs write: no entry that this library wrote is refused for its JSON when it is flushed.
 * Thread-safe.
 *
 * <p>The modules are named, not found: what a type looks like in the stores must not depend on what
 * else is on a process's class path.
 */
public final class Json {

  /** Beyond this, a document is looked through once more for what only large ones can be. */
  private static final int LARGE = 16 * 1024 * 1024;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .enable(SerializationFeature.WRITE_DATES_WITH_ZONE_ID)
          .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // An entry must not choose the class of a property that may be of any.
          .enable(MapperFeature.BLOCK_UNSAFE_POLYMORPHIC_BASE_TYPES)
          .addModule(new JavaTimeModule())
          .addModule(new Jdk8Module())
          .addModule(new SimpleModule().setSerializerModifier(new JsonbOrder()))
          .addModule(new CrdtModule())
          .addModule(new ModelModule())
          .build();

  private Json() {}

  /** The mapping by fields and accessors that Jackson gives a type. */
  public static <T> JsonCodec<T> mapping(Class<T> type) {
    return mappingOf(type);
  }

  /** Returns the guarded codec of a type of entries: the application's own, or the mapping. */
  public static <T> JsonCodec<T> codec(StateType<T> type) {
    return type.codec().map(Json::checked).orElseGet(() -> mappingOf(type.type()));
  }

  private static <T> JsonCodec<T> mappingOf(Type type) {
    JavaType mapped = MAPPER.constructType(type);
    return new Mapped<>(
        mapped,
        type instanceof Class ? MAPPER.writer() : writerOf(mapped),
        ImmutableTypes.contain(mapped, MAPPER.getTypeFactory()),
        KnownProperties.of(mapped, MAPPER));
  }

  /** Guards a codec of the application: what it encodes is checked as the mapping's output is. */
  public static <T> JsonCodec<T> checked(JsonCodec<T> codec) {
    return new Checked<>(codec);
  }

  /**
   * Returns a writer for the declared type. The class of a list alone does not show the type of its
   * elements, and Jackson would leave out the names that tell subtypes apart.
   */
  private static ObjectWriter writerOf(JavaType type) {
    return MAPPER.writerFor(type);
  }

  private record Mapped<T>(
      JavaType type, ObjectWriter writer, boolean sharesValues, Optional<KnownProperties> known)
      implements JsonCodec<T> {

    @Override
    @SuppressWarnings("NullAway") // the check is for callers without null analysis
    public byte[] encode(T value) {
      if (value == null) {
        throw refused("the value is null; delete the key instead");
      }
      return CodecFailure.guard(
          "the mapping of " + type.getRawClass().getName(), "encode", () -> write(value, writer));
    }

    @Override
    public T decode(byte[] json) {
      return CodecFailure.guard(
          "the mapping of " + type.getRawClass().getName(), "decode", () -> read(json));
    }

    private T read(byte[] json) {
      try {
        if (known.isPresent()) {
          try (JsonParser document = MAPPER.createParser(json)) {
            if (known.get().areForeignTo(document)) {
              throw refused(
                  "the entry has none of the properties of "
                      + type.toCanonical()
                      + ": it is of another type; read it as that one, or give each type a name:"
                      + " StateType.of");
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
    @SuppressWarnings("NullAway") // the check is for codecs without null analysis
    public byte[] encode(T value) {
      byte[] json = CodecFailure.guard(name(), "encode", () -> codec.encode(value));
      if (json == null) {
        throw refused(name() + " encoded a value as null");
      }
      try {
        JsonText.check(json, MAPPER.getFactory());
        return json;
      } catch (IOException | StackOverflowError e) {
        throw refused(name() + " did not write JSON that both stores keep: " + why(e));
      }
    }

    @Override
    @SuppressWarnings("NullAway")
    public T decode(byte[] json) {
      T value = CodecFailure.guard(name(), "decode", () -> codec.decode(json));
      if (value == null) {
        throw refused(name() + " decoded an entry as null");
      }
      return value;
    }

    private String name() {
      return "codec " + codec.getClass().getName();
    }

    @Override
    public boolean sharesValues() {
      return codec.sharesValues();
    }
  }

  private static byte[] write(Object value, ObjectWriter writer) {
    BufferRecycler recycler = MAPPER.getFactory()._getBufferRecycler();
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(recycler)) {
      boolean wroteUnchecked;
      try (StrictGenerator generator = new StrictGenerator(MAPPER.createGenerator(bytes))) {
        writer.writeValue((JsonGenerator) generator, value);
        if (generator.getOutputContext().getEntryCount() != 1) {
          throw refused("the value is not written as one JSON document");
        }
        wroteUnchecked = generator.wroteUnchecked();
      }
      byte[] json = bytes.getClearAndRelease();
      if (wroteUnchecked || json.length > LARGE) {
        JsonText.check(json, MAPPER.getFactory());
      }
      return json;
    } catch (IOException | StackOverflowError e) {
      throw refused("the value cannot be written as JSON: " + why(e));
    } finally {
      recycler.releaseToPool();
    }
  }

  /** Describes the failure and its place, without the values that Jackson's own messages quote. */
  private static String why(Throwable failure) {
    String where = "";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof JsonMappingException mapping && where.isEmpty()) {
        where = mapping.getPathReference();
      }
      if (cause instanceof InvalidDefinitionException definition && definition.getType() != null) {
        return "Jackson has no mapping for "
            + definition.getType().toCanonical()
            + (where.isEmpty() ? "" : " at " + where)
            + "; give the type accessors or Jackson's annotations, or save through a JsonCodec of"
            + " your own: StateType.withCodec";
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
