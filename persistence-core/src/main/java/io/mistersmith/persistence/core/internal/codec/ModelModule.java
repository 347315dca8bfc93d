package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import java.io.IOException;
import java.util.function.Function;

/**
 * Maps owners and revisions, wherever in an entity they are, to the text that their {@code parse}
 * reads.
 */
final class ModelModule extends SimpleModule {
  private static final long serialVersionUID = 1L;

  ModelModule() {
    addText(AgentId.class, AgentId::parse);
    addText(Revision.class, Revision::parse);
    addText(Revision.OfJournal.class, text -> (Revision.OfJournal) Revision.parse(text));
    addText(Revision.OfRow.class, text -> (Revision.OfRow) Revision.parse(text));
  }

  private <T> void addText(Class<T> type, Function<String, T> parse) {
    addSerializer(type, new ToStringSerializer(type));
    addKeySerializer(type, new KeyWriter<>(type));
    addDeserializer(type, new Reader<>(type, parse));
    addKeyDeserializer(type, new KeyReader(parse));
  }

  private static final class KeyWriter<T> extends StdSerializer<T> {
    private static final long serialVersionUID = 1L;

    KeyWriter(Class<T> type) {
      super(type);
    }

    @Override
    public void serialize(T key, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeFieldName(key.toString());
    }
  }

  private static final class Reader<T> extends FromStringDeserializer<T> {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // never serialized
    private final Function<String, T> parse;

    Reader(Class<T> type, Function<String, T> parse) {
      super(type);
      this.parse = parse;
    }

    @Override
    protected T _deserialize(String text, DeserializationContext context) throws IOException {
      try {
        return parse.apply(text);
      } catch (PersistenceException | ClassCastException e) {
        return context.reportInputMismatch(this, "%s", e.getMessage());
      }
    }
  }

  private static final class KeyReader extends KeyDeserializer {
    private final Function<String, ?> parse;

    KeyReader(Function<String, ?> parse) {
      this.parse = parse;
    }

    @Override
    public Object deserializeKey(String text, DeserializationContext context) throws IOException {
      try {
        return parse.apply(text);
      } catch (PersistenceException | ClassCastException e) {
        return context.reportInputMismatch(Object.class, "%s", e.getMessage());
      }
    }
  }
}
