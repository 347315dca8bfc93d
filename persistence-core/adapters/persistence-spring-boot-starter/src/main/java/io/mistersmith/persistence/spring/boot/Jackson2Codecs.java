package io.mistersmith.persistence.spring.boot;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateType;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Codecs of a mapper of Jackson 2. */
record Jackson2Codecs(ObjectMapper mapper) implements JacksonCodecs {

  @Override
  public <T> StateType<T> map(StateType<T> type) {
    return type.withCodec(codec(mapper.constructType(type.type())));
  }

  @Override
  public <T> JsonCodec<T> codec(Class<T> type) {
    return codec(mapper.constructType(type));
  }

  private <T> JsonCodec<T> codec(JavaType type) {
    return new Codec<>(mapper.writerFor(type), mapper.readerFor(type));
  }

  private record Codec<T>(ObjectWriter writer, ObjectReader reader) implements JsonCodec<T> {

    @Override
    public byte[] encode(T value) {
      try {
        return writer.writeValueAsBytes(value);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public T decode(byte[] json) {
      try {
        return reader.readValue(json);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
