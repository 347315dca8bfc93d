package io.mistersmith.persistence.core.metrics;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads the names and units of the metrics in a request to an OpenTelemetry collector: as much of
 * Protocol Buffers as that takes.
 */
final class OtlpMetrics {

  private static final int RESOURCE_METRICS = 1;
  private static final int SCOPE_METRICS = 2;
  private static final int METRICS = 2;
  private static final int NAME = 1;
  private static final int UNIT = 3;

  private OtlpMetrics() {}

  /** Returns the unit of each metric, by its name. */
  static Map<String, String> units(byte[] request) {
    Map<String, String> units = new TreeMap<>();
    for (ByteBuffer resource : fields(ByteBuffer.wrap(request), RESOURCE_METRICS)) {
      for (ByteBuffer scope : fields(resource, SCOPE_METRICS)) {
        for (ByteBuffer metric : fields(scope, METRICS)) {
          units.put(text(metric, NAME), text(metric, UNIT));
        }
      }
    }
    return units;
  }

  private static String text(ByteBuffer message, int field) {
    List<ByteBuffer> found = fields(message, field);
    return found.isEmpty() ? "" : StandardCharsets.UTF_8.decode(found.get(0).slice()).toString();
  }

  /** Returns the fields of this number that have a length. */
  private static List<ByteBuffer> fields(ByteBuffer message, int number) {
    ByteBuffer rest = message.slice();
    List<ByteBuffer> found = new ArrayList<>();
    while (rest.hasRemaining()) {
      long tag = varint(rest);
      switch ((int) (tag & 7)) {
        case 0 -> varint(rest);
        case 1 -> skip(rest, Long.BYTES);
        case 5 -> skip(rest, Integer.BYTES);
        case 2 -> {
          int length = (int) varint(rest);
          if (tag >>> 3 == number) {
            found.add(rest.slice(rest.position(), length));
          }
          skip(rest, length);
        }
        default -> throw new IllegalArgumentException("no field has the type " + (tag & 7));
      }
    }
    return found;
  }

  private static void skip(ByteBuffer rest, int bytes) {
    rest.position(rest.position() + bytes);
  }

  private static long varint(ByteBuffer rest) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = rest.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
