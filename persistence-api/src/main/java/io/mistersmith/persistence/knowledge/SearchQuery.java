package io.mistersmith.persistence.knowledge;

import io.mistersmith.persistence.knowledge.Embedding.Model;
import java.util.Objects;
import java.util.Optional;

/**
 * Ranks facts: by the distance of their embeddings, by words, or by both. Where it is both, a fact
 * counts 1 / ({@value #RANK_OFFSET} + rank) for its rank in either list, and the sums decide. The
 * facts that may be ranked are selected by a {@link FactQuery}, {@link #within}. Immutable: each
 * method returns a copy.
 */
public final class SearchQuery {

  /** The most facts that a search returns. */
  public static final int MAX_LIMIT = 1_000;

  /** What is added to a rank, so that the first few of one list do not decide alone. */
  public static final int RANK_OFFSET = 60;

  private final Optional<Model> model;
  private final float[] vector;
  private final Metric metric;
  private final Optional<String> words;
  private final FactQuery filter;
  private final int limit;

  private SearchQuery(
      Optional<Model> model,
      float[] vector,
      Metric metric,
      Optional<String> words,
      FactQuery filter,
      int limit) {
    this.model = model;
    this.vector = vector;
    this.metric = metric;
    this.words = words;
    this.filter = filter;
    this.limit = limit;
  }

  /**
   * Returns a search for the 10 facts whose embeddings of a model are nearest by cosine distance.
   *
   * @throws IllegalArgumentException when the vector is no vector, as {@link Embedding#of} says
   */
  public static SearchQuery near(Model model, float... vector) {
    return new SearchQuery(
        Optional.of(model),
        Embedding.checked(vector),
        Metric.COSINE,
        Optional.empty(),
        FactQuery.all(),
        10);
  }

  /**
   * Returns a search for the 10 facts whose objects match words best: any of them, in their texts.
   */
  public static SearchQuery matching(String words) {
    return new SearchQuery(
        Optional.empty(),
        new float[0],
        Metric.COSINE,
        Optional.of(FactQuery.words(words)),
        FactQuery.all(),
        10);
  }

  /** Returns a copy that also ranks by words, any of which may match. */
  public SearchQuery withWords(String newWords) {
    return new SearchQuery(
        model, vector, metric, Optional.of(FactQuery.words(newWords)), filter, limit);
  }

  /** Returns a copy with another distance. */
  public SearchQuery by(Metric newMetric) {
    return new SearchQuery(
        model, vector, Objects.requireNonNull(newMetric, "metric"), words, filter, limit);
  }

  /** Returns a copy that ranks only what the query selects. Its page and limit do not count. */
  public SearchQuery within(FactQuery query) {
    return new SearchQuery(
        model, vector, metric, words, Objects.requireNonNull(query, "query"), limit);
  }

  /**
   * Returns a copy that finds at most this many facts (10 at first).
   *
   * @throws IllegalArgumentException when it is less than 1 or more than {@value #MAX_LIMIT}
   */
  public SearchQuery withLimit(int most) {
    if (most < 1 || most > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "a search for " + most + " facts: ask for 1 to " + MAX_LIMIT);
    }
    return new SearchQuery(model, vector, metric, words, filter, most);
  }

  /** Returns the model whose embeddings are compared; empty for a search by words alone. */
  public Optional<Model> model() {
    return model;
  }

  /** Returns a copy of the vector; without any number for a search by words alone. */
  public float[] vector() {
    return vector.clone();
  }

  /** Returns how distances are measured. */
  public Metric metric() {
    return metric;
  }

  /** Returns the words; empty for a search by vectors alone. */
  public Optional<String> words() {
    return words;
  }

  /** Returns what selects the facts that may be ranked. */
  public FactQuery filter() {
    return filter;
  }

  /** Returns how many facts are found at most. */
  public int limit() {
    return limit;
  }

  /** How the distance of two vectors is measured: the smaller, the nearer. */
  public enum Metric {
    /** By their directions: 0 the same, 1 unrelated, 2 opposite. */
    COSINE,
    /** By the length of their difference. */
    L2,
    /** By the negative of their inner product. */
    INNER_PRODUCT
  }
}
