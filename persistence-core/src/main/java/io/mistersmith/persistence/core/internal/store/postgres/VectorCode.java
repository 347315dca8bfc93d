package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.knowledge.SearchQuery.Metric;
import java.nio.ByteBuffer;

/**
 * A short form of a vector: its numbers as multiples of a step, a byte each, and how far off they
 * are. Between them they bound the distance to a query from both sides.
 *
 * <p>The bytes: the step, the length of the difference to the vector, the length of the vector and
 * the length of what the multiples stand for, as doubles; then the multiples.
 */
final class VectorCode {

  private static final int HEADER = 4 * Double.BYTES;
  private static final int MOST = 127;

  /** More than a product, or a sum, of single precision is off, in parts. */
  private static final double ROUNDING = 7e-8;

  /** More than sums of double precision are off, in parts. */
  private static final double DOUBLE_ROUNDING = 1e-9;

  private VectorCode() {}

  /** Returns the code of a vector. */
  static byte[] of(float[] vector) {
    float largest = 0;
    for (float number : vector) {
      largest = Math.max(largest, Math.abs(number));
    }
    float step = Math.max(largest / MOST, Float.MIN_NORMAL);
    byte[] code = new byte[HEADER + vector.length];
    double off = 0;
    double coded = 0;
    for (int i = 0; i < vector.length; i++) {
      int multiple = Math.max(-MOST, Math.min(MOST, Math.round(vector[i] / step)));
      code[HEADER + i] = (byte) multiple;
      double value = (double) step * multiple;
      off += (vector[i] - value) * (vector[i] - value);
      coded += value * value;
    }
    ByteBuffer.wrap(code)
        .putDouble(step)
        .putDouble(Math.sqrt(off))
        .putDouble(length(vector))
        .putDouble(Math.sqrt(coded));
    return code;
  }

  /** Returns how many numbers the vector of a code has. */
  static int dimensions(byte[] code) {
    return code.length - HEADER;
  }

  /** Returns the length of a vector. */
  static double length(float[] vector) {
    return Math.sqrt(product(vector, vector));
  }

  /** Returns the distance between two vectors. */
  static double distance(Metric metric, float[] query, float[] vector) {
    return switch (metric) {
      case COSINE -> 1 - within(product(query, vector) / (length(query) * length(vector)), -1, 1);
      case INNER_PRODUCT -> -product(query, vector);
      case L2 -> {
        double sum = 0;
        for (int i = 0; i < query.length; i++) {
          double difference = (double) query[i] - vector[i];
          sum += difference * difference;
        }
        yield Math.sqrt(sum);
      }
    };
  }

  private static double product(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (double) one[i] * other[i];
    }
    return sum;
  }

  private static double within(double value, double least, double most) {
    return Math.max(least, Math.min(most, value));
  }

  /** A query that is compared with codes. For one thread. */
  static final class Query {

    private final Metric metric;
    private final float[] vector;
    private final double length;

    /** The vector with the length 1: so no product is too large or too small. */
    private final float[] unit;

    private final double slack;
    private double least;
    private double most;

    Query(Metric metric, float[] vector) {
      this.metric = metric;
      this.vector = vector;
      this.length = length(vector);
      this.unit = new float[vector.length];
      for (int i = 0; i < vector.length; i++) {
        unit[i] = (float) (vector[i] / length);
      }
      this.slack = ROUNDING * (vector.length / 4 + 8);
    }

    /** Bounds the distance to the vector of a code. */
    void compare(byte[] code) {
      ByteBuffer header = ByteBuffer.wrap(code, 0, HEADER);
      double step = header.getDouble();
      double off = header.getDouble() * (1 + DOUBLE_ROUNDING);
      double vectorLength = header.getDouble();
      double codedLength = header.getDouble();
      double product = length * step * product(code);
      double error = length * (off + slack * codedLength + DOUBLE_ROUNDING * vectorLength);
      switch (metric) {
        case INNER_PRODUCT -> bound(-product, error);
        case COSINE -> {
          double lengths = length * vectorLength;
          if (lengths > 0) {
            bound(1 - product / lengths, error / lengths + DOUBLE_ROUNDING);
          } else {
            bound(1, 1);
          }
        }
        case L2 -> {
          double squared = length * length - 2 * product + codedLength * codedLength;
          double squaredSlack = slack * (length + codedLength) * (length + codedLength);
          least = Math.sqrt(Math.max(0, squared - squaredSlack)) - off;
          most = Math.sqrt(Math.max(0, squared) + squaredSlack) + off;
        }
      }
    }

    private void bound(double distance, double error) {
      least = distance - error;
      most = distance + error;
    }

    /** In four sums: one alone would wait for each addition. */
    private float product(byte[] code) {
      float first = 0;
      float second = 0;
      float third = 0;
      float fourth = 0;
      int i = 0;
      for (; i + 3 < unit.length; i += 4) {
        first += unit[i] * code[HEADER + i];
        second += unit[i + 1] * code[HEADER + i + 1];
        third += unit[i + 2] * code[HEADER + i + 2];
        fourth += unit[i + 3] * code[HEADER + i + 3];
      }
      for (; i < unit.length; i++) {
        first += unit[i] * code[HEADER + i];
      }
      return first + second + third + fourth;
    }

    /** Returns what the distance is at least. */
    double least() {
      return least;
    }

    /** Returns what the distance is at most. */
    double most() {
      return most;
    }

    /** Returns the distance to a vector. */
    double distance(float[] other) {
      return VectorCode.distance(metric, vector, other);
    }

    int dimensions() {
      return vector.length;
    }
  }
}
