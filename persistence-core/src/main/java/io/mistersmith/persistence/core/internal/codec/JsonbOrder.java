package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.ser.BeanSerializerModifier;
import com.fasterxml.jackson.databind.type.MapType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Writes the fields of a type, and the entries of maps that promise no order of insertion, in the
 * order in which {@code jsonb} keeps them, so that a row of PostgreSQL needs no second copy of the
 * document. Readers of a type go by names. A type that says in which order it wants its fields
 * keeps that order.
 */
final class JsonbOrder extends BeanSerializerModifier {
  private static final long serialVersionUID = 1L;

  /** Orders names in UTF-8 by their length first. */
  static final Comparator<byte[]> SHORTER_FIRST =
      Comparator.<byte[]>comparingInt(name -> name.length).thenComparing(Arrays::compareUnsigned);

  @Override
  public List<BeanPropertyWriter> orderProperties(
      SerializationConfig config, BeanDescription type, List<BeanPropertyWriter> properties) {
    if (config.getAnnotationIntrospector().findSerializationPropertyOrder(type.getClassInfo())
        != null) {
      return properties;
    }
    List<BeanPropertyWriter> ordered = new ArrayList<>(properties);
    ordered.sort(
        Comparator.comparing(
            property -> property.getName().getBytes(StandardCharsets.UTF_8), SHORTER_FIRST));
    return ordered;
  }

  @Override
  public JsonSerializer<?> modifyMapSerializer(
      SerializationConfig config,
      MapType type,
      BeanDescription description,
      JsonSerializer<?> serializer) {
    return new OrderedMapSerializer(serializer);
  }
}
