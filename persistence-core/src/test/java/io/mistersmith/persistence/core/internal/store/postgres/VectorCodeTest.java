package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.knowledge.SearchQuery.Metric;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bounds that a code gives are bounds, whatever the numbers. */
class VectorCodeTest {

  private static final float[] SCALES = {1, 1e-3f, 1e-30f, 1e-42f, 1e12f, 3e37f};
  private static final int[] DIMENSIONS = {1, 3, 8, 127, 384, 2_000};

  @ParameterizedTest
  @EnumSource(Metric.class)
  void boundsHoldTheDistance(Metric metric) {
    Random random = new Random(7);
    for (float scale : SCALES) {
      for (float queryScale : SCALES) {
        for (int dimensions : DIMENSIONS) {
          float[] vector = vector(random, dimensions, scale);
          float[] query = vector(random, dimensions, queryScale);
          VectorCode.Query compared = new VectorCode.Query(metric, query);
          byte[] code = VectorCode.of(vector);
          assertThat(VectorCode.dimensions(code)).isEqualTo(dimensions);
          compared.compare(code);
          assertThat(compared.distance(vector))
              .as("%s of %s by %s, %s dimensions", metric, scale, queryScale, dimensions)
              .isBetween(compared.least(), compared.most());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Metric.class)
  void boundsAreNarrow(Metric metric) {
    Random random = new Random(8);
    for (int i = 0; i < 100; i++) {
      float[] vector = vector(random, 384, 1);
      VectorCode.Query query = new VectorCode.Query(metric, vector(random, 384, 1));
      query.compare(VectorCode.of(vector));
      double width = metric == Metric.INNER_PRODUCT ? 10 : 0.5;
      assertThat(query.most() - query.least()).isLessThan(width);
    }
  }

  @ParameterizedTest
  @EnumSource(Metric.class)
  void aVectorIsNearItself(Metric metric) {
    float[] vector = {0.5f, -2, 1e-9f};
    VectorCode.Query query = new VectorCode.Query(metric, vector);
    query.compare(VectorCode.of(vector));
    assertThat(query.distance(vector)).isBetween(query.least(), query.most());
  }

  private static float[] vector(Random random, int dimensions, float scale) {
    float[] vector = new float[dimensions];
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) (random.nextGaussian() * scale);
      if (!Float.isFinite(vector[i])) {
        vector[i] = scale;
      }
    }
    vector[0] = vector[0] == 0 ? scale : vector[0];
    return vector;
  }
}
