package io.mistersmith.persistence.core.internal.store.postgres;

import java.nio.ByteBuffer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Vectors as PostgreSQL reads and sends arrays of {@code real}. */
final class FloatArrays {

  /** Dimensions, flags and type of the elements; then the length and the first index. */
  private static final int HEADER = 5 * Integer.BYTES;

  private static final int LENGTH_AT = 3 * Integer.BYTES;

  private FloatArrays() {}

  /** Returns the text that is cast to {@code real[]}. */
  static String text(float[] vector) {
    return IntStream.range(0, vector.length)
        .mapToObj(i -> Float.toString(vector[i]))
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** Returns the vector that {@code array_send} has written, whose elements are not null. */
  static float[] read(byte[] sent) {
    ByteBuffer bytes = ByteBuffer.wrap(sent);
    float[] vector = new float[bytes.getInt(LENGTH_AT)];
    bytes.position(HEADER);
    for (int i = 0; i < vector.length; i++) {
      int unusedBytes = bytes.getInt();
      vector[i] = bytes.getFloat();
    }
    return vector;
  }
}
