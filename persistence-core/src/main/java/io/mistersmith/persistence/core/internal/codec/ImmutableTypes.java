package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.type.TypeFactory;
import io.mistersmith.persistence.crdt.Crdt;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * Decides for which types the values that Jackson makes are immutable. In doubt the answer is no: a
 * record with a list is not immutable, since the list that Jackson puts into it can be changed.
 */
final class ImmutableTypes {

  private static final Set<Class<?>> SIMPLE =
      Set.of(
          String.class,
          Boolean.class,
          Character.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          BigInteger.class,
          BigDecimal.class,
          UUID.class,
          AgentId.class,
          Revision.class,
          URI.class,
          OptionalInt.class,
          OptionalLong.class,
          OptionalDouble.class);

  private final TypeFactory types;
  private final Set<JavaType> met = new HashSet<>();

  private ImmutableTypes(TypeFactory types) {
    this.types = types;
  }

  static boolean contain(JavaType type, TypeFactory types) {
    return new ImmutableTypes(types).isImmutable(type);
  }

  private boolean isImmutable(JavaType type) {
    Class<?> raw = type.getRawClass();
    if (raw.isPrimitive()
        || raw.isEnum()
        || SIMPLE.contains(raw)
        || raw.getPackageName().equals("java.time")
        || Crdt.class.isAssignableFrom(raw)) {
      return true;
    }
    if (raw == Optional.class) {
      return isImmutable(type.containedTypeOrUnknown(0));
    }
    // A record that holds itself is as immutable as the rest of it.
    return raw.isRecord() && (!met.add(type) || areImmutable(raw.getRecordComponents()));
  }

  private boolean areImmutable(RecordComponent[] components) {
    for (RecordComponent component : components) {
      if (!isImmutable(types.constructType(component.getGenericType()))) {
        return false;
      }
    }
    return true;
  }
}
