package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.ser.ContextualSerializer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Hands Jackson's serializer of maps the entries in the order of {@code jsonb}, unless the map
 * keeps the order of insertion, as {@link LinkedHashMap} does: such an order is part of the value.
 */
final class OrderedMapSerializer extends JsonSerializer<Object> implements ContextualSerializer {

  private static final Class<?> MAP_OF = Map.of("a", 1, "b", 2).getClass();

  private final JsonSerializer<Object> maps;

  @SuppressWarnings("unchecked") // Jackson hands a serializer only the type that it asked it for
  OrderedMapSerializer(JsonSerializer<?> maps) {
    this.maps = (JsonSerializer<Object>) maps;
  }

  @Override
  public JsonSerializer<?> createContextual(SerializerProvider provider, BeanProperty property)
      throws JsonMappingException {
    JsonSerializer<?> contextual = provider.handleSecondaryContextualization(maps, property);
    return contextual == maps ? this : new OrderedMapSerializer(contextual);
  }

  @Override
  public void serialize(Object map, JsonGenerator generator, SerializerProvider provider)
      throws IOException {
    maps.serialize(ordered(map), generator, provider);
  }

  @Override
  public void serializeWithType(
      Object map, JsonGenerator generator, SerializerProvider provider, TypeSerializer types)
      throws IOException {
    // The type that is written is the class of the map, which a copy would change.
    maps.serializeWithType(map, generator, provider, types);
  }

  @Override
  public boolean isEmpty(SerializerProvider provider, @Nullable Object map) {
    return maps.isEmpty(provider, map);
  }

  @Override
  public Class<Object> handledType() {
    return maps.handledType();
  }

  private static Object ordered(Object value) {
    return value instanceof Map<?, ?> map && map.size() > 1 && hasNoOrderOfInsertion(map)
        ? ordered(map)
        : value;
  }

  private static boolean hasNoOrderOfInsertion(Map<?, ?> map) {
    Class<?> type = map.getClass();
    return type == HashMap.class
        || type == MAP_OF
        || type == ConcurrentHashMap.class
        || map instanceof SortedMap<?, ?>;
  }

  /** Returns the map itself where a key is no text: how it is written is not known here. */
  private static Map<?, ?> ordered(Map<?, ?> map) {
    SortedMap<byte[], Map.Entry<?, ?>> entries = new TreeMap<>(JsonbOrder.SHORTER_FIRST);
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String name)) {
        return map;
      }
      entries.put(name.getBytes(StandardCharsets.UTF_8), entry);
    }
    if (entries.size() != map.size()) { // names that are no text, which are refused when written
      return map;
    }
    Map<Object, Object> ordered = new LinkedHashMap<>(2 * entries.size());
    entries.values().forEach(entry -> ordered.put(entry.getKey(), entry.getValue()));
    return ordered;
  }
}
