package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.mistersmith.persistence.crdt.Crdt;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maps CRDTs, wherever in an entity they are, to the JSON form that they document. */
final class CrdtModule extends SimpleModule {
  private static final long serialVersionUID = 1L;

  CrdtModule() {
    addSerializer(new Writer());
    setDeserializerModifier(new Readers());
  }

  private static final class Writer extends JsonSerializer<Crdt<?>> {

    @Override
    @SuppressWarnings("unchecked") // the class of all of them, as Jackson wants it
    public Class<Crdt<?>> handledType() {
      return (Class<Crdt<?>>) (Class<?>) Crdt.class;
    }

    @Override
    public void serialize(Crdt<?> value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writePOJO(value.toJson());
    }
  }

  private static final class Readers extends BeanDeserializerModifier {
    private static final long serialVersionUID = 1L;

    @Override
    public JsonDeserializer<?> modifyDeserializer(
        DeserializationConfig config, BeanDescription type, JsonDeserializer<?> otherwise) {
      return Crdt.class.isAssignableFrom(type.getBeanClass())
          ? new Reader(type.getBeanClass())
          : otherwise;
    }
  }

  private static final class Reader extends JsonDeserializer<Crdt<?>> {
    private final Class<?> type;

    Reader(Class<?> type) {
      this.type = type;
    }

    @Override
    public Crdt<?> deserialize(JsonParser json, DeserializationContext context) throws IOException {
      try {
        Crdt<?> value =
            exact(json) instanceof Map<?, ?> map
                ? Crdt.read(map)
                : context.reportInputMismatch(this, "a CRDT is an object in JSON");
        if (!type.isInstance(value)) {
          context.reportInputMismatch(this, "another type of CRDT than %s", type.getSimpleName());
        }
        return value;
      } catch (PersistenceException e) {
        return context.reportInputMismatch(this, "%s", e.getMessage());
      }
    }

    /** With all digits of each number: an untyped reader makes doubles of them. */
    private static @Nullable Object exact(JsonParser json) throws IOException {
      return switch (json.currentToken()) {
        case START_OBJECT -> {
          Map<String, @Nullable Object> members = new LinkedHashMap<>();
          while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            members.put(name, exact(json));
          }
          yield members;
        }
        case START_ARRAY -> {
          List<@Nullable Object> items = new ArrayList<>();
          while (json.nextToken() != JsonToken.END_ARRAY) {
            items.add(exact(json));
          }
          yield items;
        }
        case VALUE_NUMBER_INT -> json.getNumberValue();
        case VALUE_NUMBER_FLOAT -> json.getDecimalValue();
        case VALUE_TRUE -> true;
        case VALUE_FALSE -> false;
        case VALUE_NULL -> null;
        default -> json.getText();
      };
    }
  }
}
