package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateType;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** Codecs of a mapper of Jackson 3. */
record Jackson3Codecs(JsonMapper mapper) implements JacksonCodecs {

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
      return writer.writeValueAsBytes(value);
    }

    @Override
    public T decode(byte[] json) {
      return reader.readValue(json);
    }
  }
}
