package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.AnnotationIntrospector;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.BeanDeserializer;
import com.fasterxml.jackson.databind.deser.DefaultDeserializationContext;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Recognizes a document that cannot be of a type: an object with properties, none of which the type
 * knows. Jackson would map it to an object whose properties are all null or zero.
 *
 * <p>A document with one known property is of the type, whatever else is added or missing, and so
 * is an object without properties: types may gain and lose properties. Nothing is refused for a
 * type that does not say which properties it knows: a map, one with subtypes, an any-setter, an
 * unwrapped property or a deserializer of its own, or one without any property.
 *
 * @param names the names that the type knows, aliases included
 */
record KnownProperties(Set<String> names) {

  /** The properties of a type; nothing where it does not say which they are. */
  static Optional<KnownProperties> of(JavaType type, ObjectMapper mapper) {
    if (type.isContainerType() || type.isPrimitive() || !isPlainBean(type, mapper)) {
      return Optional.empty();
    }
    BeanDescription bean = mapper.getDeserializationConfig().introspect(type);
    Set<String> names = new HashSet<>();
    AnnotationIntrospector annotations =
        mapper.getDeserializationConfig().getAnnotationIntrospector();
    for (BeanPropertyDefinition property : bean.findProperties()) {
      AnnotatedMember member = property.getPrimaryMember();
      if (member != null && annotations.findUnwrappingNameTransformer(member) != null) {
        return Optional.empty();
      }
      names.add(property.getName());
      property.findAliases().forEach(alias -> names.add(alias.getSimpleName()));
    }
    return names.isEmpty() || bean.findAnySetterAccessor() != null
        ? Optional.empty()
        : Optional.of(new KnownProperties(Set.copyOf(names)));
  }

  /** Whether Jackson makes the type by setting its properties one by one, under their names. */
  private static boolean isPlainBean(JavaType type, ObjectMapper mapper) {
    DefaultDeserializationContext context =
        ((DefaultDeserializationContext) mapper.getDeserializationContext())
            .createDummyInstance(mapper.getDeserializationConfig());
    try {
      JsonDeserializer<?> deserializer = context.findRootValueDeserializer(type);
      return deserializer.getClass() == BeanDeserializer.class
          && !((BeanDeserializer) deserializer).isCaseInsensitive()
          && !((BeanDeserializer) deserializer).getValueInstantiator().canCreateUsingDelegate();
    } catch (JsonMappingException | IllegalArgumentException e) {
      return false; // each decode says why
    }
  }

  /** Returns whether the document is an object with properties, none of which is known. */
  boolean areForeignTo(JsonParser document) throws IOException {
    if (document.nextToken() != JsonToken.START_OBJECT) {
      return false;
    }
    boolean any = false;
    for (String name = document.nextFieldName(); name != null; name = document.nextFieldName()) {
      if (names.contains(name)) {
        return false;
      }
      any = true;
      document.nextToken();
      document.skipChildren();
    }
    return any;
  }
}
