package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.knowledge.SearchQuery.Metric;
import java.nio.ByteBuffer;

/**
 * A short form of a vector: its numbers as multiples of a step, a byte each, and how far off they
 * are. Between them they bound the distance to a query from both sides.
 *
 * <p>The bytes: the step, the length of the difference to the vector, the length of the vector and
 * the length of what the bytes stand for, as floats; then the multiples.
 */
final class VectorCode {

  private static final int HEADER = 4 * Float.BYTES;
  private static final int MOST = 127;

  /** More than single precision can be off in the sums of a few thousand products, in parts. */
  private static final double SLACK = 1e-5;

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
        .putFloat(step)
        .putFloat((float) Math.sqrt(off))
        .putFloat((float) length(vector))
        .putFloat((float) Math.sqrt(coded));
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
    private double least;
    private double most;

    Query(Metric metric, float[] vector) {
      this.metric = metric;
      this.vector = vector;
      this.length = length(vector);
    }

    /** Bounds the distance to the vector of a code. */
    void compare(byte[] code) {
      ByteBuffer header = ByteBuffer.wrap(code, 0, HEADER);
      double step = header.getFloat();
      double off = header.getFloat() * (1 + SLACK);
      double vectorLength = header.getFloat();
      double codedLength = header.getFloat();
      double product = step * product(code);
      double slack = SLACK * length * (codedLength + vectorLength);
      double error = length * off + slack;
      switch (metric) {
        case INNER_PRODUCT -> bound(-product, error);
        case COSINE -> {
          double lengths = length * vectorLength;
          if (lengths > 0) {
            bound(1 - product / lengths, error / lengths + SLACK);
          } else {
            bound(1, 1);
          }
        }
        case L2 -> {
          double squared = length * length - 2 * product + codedLength * codedLength;
          double squaredSlack = SLACK * (length + codedLength) * (length + codedLength);
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
      for (; i + 3 < vector.length; i += 4) {
        first += vector[i] * code[HEADER + i];
        second += vector[i + 1] * code[HEADER + i + 1];
        third += vector[i + 2] * code[HEADER + i + 2];
        fourth += vector[i + 3] * code[HEADER + i + 3];
      }
      for (; i < vector.length; i++) {
        first += vector[i] * code[HEADER + i];
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
