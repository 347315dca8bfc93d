package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.Knowledge;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntPredicate;

/**
 * Vectors in clusters whose sizes differ, each spread along a few directions of its own: what
 * models make of texts has such structure, and noise has not. The same in every run.
 */
final class ClusteredVectors {

  static final Model MODEL = new Model("clustered", "1");

  private static final int BATCH = 1_000;
  private static final int DIRECTIONS = 12;
  private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

  private final Random random = new Random(20_260_101);
  private final int dimensions;
  private final float[][] centres;
  private final float[][][] directions;
  private final float[][] vectors;
  private final int[] clusters;
  private final UUID[] ids;
  private final List<float[]> queries = new ArrayList<>();

  private ClusteredVectors(int size, int dimensions) {
    this.dimensions = dimensions;
    int count = Math.max(20, size / 200);
    this.centres = new float[count][];
    this.directions = new float[count][DIRECTIONS][];
    for (int c = 0; c < count; c++) {
      centres[c] = noise(1);
      for (int d = 0; d < DIRECTIONS; d++) {
        directions[c][d] = noise(0.35);
      }
    }
    this.vectors = new float[size][];
    this.clusters = new int[size];
    this.ids = new UUID[size];
    for (int i = 0; i < size; i++) {
      // The seventh of the clusters has enough for every filter; others have few.
      clusters[i] = i % 50 == 0 ? 7 : (int) (count * Math.pow(random.nextDouble(), 2));
      vectors[i] = near(clusters[i]);
      ids[i] = new UUID(random.nextLong(), random.nextLong());
    }
  }

  static ClusteredVectors of(int size, int dimensions) {
    return new ClusteredVectors(size, dimensions);
  }

  private float[] noise(double width) {
    float[] vector = new float[dimensions];
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) (random.nextGaussian() * width);
    }
    return vector;
  }

  private float[] near(int cluster) {
    float[] vector = noise(0.05);
    for (int i = 0; i < dimensions; i++) {
      vector[i] += centres[cluster][i];
    }
    for (float[] direction : directions[cluster]) {
      float along = (float) random.nextGaussian();
      for (int i = 0; i < dimensions; i++) {
        vector[i] += along * direction[i];
      }
    }
    return vector;
  }

  int size() {
    return vectors.length;
  }

  int dimensions() {
    return dimensions;
  }

  int cluster(int vector) {
    return clusters[vector];
  }

  /** Returns a vector that is near others, and none of them. */
  synchronized float[] query(int number) {
    while (queries.size() <= number) {
      queries.add(near(random.nextInt(centres.length)));
    }
    return queries.get(number);
  }

  /** Saves a fact and its embedding for each vector. */
  void store(Knowledge knowledge) {
    for (int from = 0; from < size(); from += BATCH) {
      List<Fact> facts = new ArrayList<>();
      List<Embedding> embeddings = new ArrayList<>();
      for (int i = from; i < Math.min(from + BATCH, size()); i++) {
        facts.add(
            Fact.of("t" + i % 10, "e" + i % 100, "c" + clusters[i], "text number " + i)
                .withId(ids[i])
                .withValidFrom(LONG_AGO));
        embeddings.add(Embedding.of(ids[i], MODEL, "text number " + i, vectors[i]));
      }
      knowledge.saveAll(facts);
      knowledge.embed(embeddings);
    }
  }

  private record Neighbour(UUID id, double distance) {}

  /** Returns the nearest by cosine distance of those that are selected. */
  List<UUID> nearest(float[] query, int limit, IntPredicate selects) {
    PriorityQueue<Neighbour> nearest =
        new PriorityQueue<>(Comparator.comparingDouble(Neighbour::distance).reversed());
    for (int i = 0; i < size(); i++) {
      if (selects.test(i)) {
        nearest.add(new Neighbour(ids[i], distance(query, vectors[i])));
        if (nearest.size() > limit) {
          nearest.remove();
        }
      }
    }
    return nearest.stream().map(Neighbour::id).toList();
  }

  private static double distance(float[] one, float[] other) {
    double product = 0;
    double squares = 0;
    for (int i = 0; i < one.length; i++) {
      product += (double) one[i] * other[i];
      squares += (double) other[i] * other[i];
    }
    return -product / Math.sqrt(squares);
  }
}
