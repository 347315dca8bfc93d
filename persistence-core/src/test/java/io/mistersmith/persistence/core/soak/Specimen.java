package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A JSON document of random shape that contains a description of itself: the types of its numbers,
 * the order of its names and every character. A reader in any process compares the two, whichever
 * layer the document comes from.
 */
final class Specimen {

  private static final String DOCUMENT = "document";
  private static final String DESCRIPTION = "description";
  private static final int DEPTH = 3;

  private static final List<Double> DOUBLES =
      List.of(
          1.0E7,
          1.7E12,
          0.0,
          -0.0,
          1.0,
          0.1,
          1.0E100,
          -2.5E-7,
          Double.MIN_VALUE,
          Double.MAX_VALUE,
          9.007199254740992E15);

  private static final List<String> STRINGS =
      List.of(
          "",
          " ",
          "null",
          "1.0",
          "a\"b\\c/d",
          "line\nbreak\ttab",
          "\u0001\u007f",
          "\u00e4\u20ac\u4e2d",
          "\ud83d\ude00",
          "\u2028",
          "<&'>");

  private Specimen() {}

  /** A new document with its description. */
  static Map<String, Object> of(Random random) {
    List<@Nullable Object> document = list(random, DEPTH);
    Map<String, Object> specimen = new LinkedHashMap<>();
    specimen.put(DESCRIPTION, describe(document));
    specimen.put(DOCUMENT, document);
    return specimen;
  }

  /**
   * Returns the promise that a read of {@code read} broke: a value that differs from the saved one
   * is lost.
   */
  static Optional<Fault> judge(String where, @Nullable Object read) {
    if (!(read instanceof Map<?, ?> specimen)) {
      return Optional.of(new Fault(Kind.LOST, where + ": saved a map, read " + describe(read)));
    }
    String saved = String.valueOf(specimen.get(DESCRIPTION));
    String found = describe(specimen.get(DOCUMENT));
    return saved.equals(found)
        ? Optional.empty()
        : Optional.of(new Fault(Kind.LOST, where + ": saved " + saved + ", read " + found));
  }

  private static @Nullable Object value(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 9 : 7)) {
      case 0 -> random.nextInt();
      case 1 -> random.nextLong() | 1L << 40;
      case 2 -> BigInteger.TEN.pow(20 + random.nextInt(200)).add(BigInteger.ONE);
      case 3 -> DOUBLES.get(random.nextInt(DOUBLES.size()));
      case 4 -> random.nextBoolean();
      case 5 -> STRINGS.get(random.nextInt(STRINGS.size()));
      case 6 -> null;
      case 7 -> list(random, depth);
      default -> map(random, depth);
    };
  }

  private static List<@Nullable Object> list(Random random, int depth) {
    List<@Nullable Object> list = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      list.add(value(random, depth - 1));
    }
    return list;
  }

  private static Map<String, @Nullable Object> map(Random random, int depth) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      String name = STRINGS.get(random.nextInt(STRINGS.size())) + random.nextInt(100);
      map.put(name, value(random, depth - 1));
    }
    return map;
  }

  private static String describe(@Nullable Object value) {
    StringBuilder description = new StringBuilder();
    describe(value, description);
    return description.toString();
  }

  private static void describe(@Nullable Object value, StringBuilder to) {
    if (value instanceof Map<?, ?> map) {
      to.append('{');
      map.forEach(
          (name, member) -> {
            describe(name, to);
            to.append(':');
            describe(member, to);
            to.append(',');
          });
      to.append('}');
    } else if (value instanceof List<?> list) {
      to.append('[');
      for (Object element : list) {
        describe(element, to);
        to.append(',');
      }
      to.append(']');
    } else if (value instanceof String text) {
      to.append('\'');
      text.chars().forEach(unit -> to.append(Integer.toHexString(unit)).append('.'));
      to.append('\'');
    } else {
      to.append(value == null ? "" : value.getClass().getSimpleName()).append(' ').append(value);
    }
  }
}
