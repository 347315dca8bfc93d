package io.mistersmith.persistence.knowledge;

import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;

/**
 * The vector that a model gives a text of a fact. A fact has at most one embedding of each model.
 * Immutable.
 */
public final class Embedding {

  /** The most numbers that a vector has. */
  public static final int MAX_DIMENSIONS = 16_000;

  private final UUID fact;
  private final Model model;
  private final String text;
  private final float[] vector;

  private Embedding(UUID fact, Model model, String text, float[] vector) {
    this.fact = Objects.requireNonNull(fact, "fact");
    this.model = Objects.requireNonNull(model, "model");
    this.text = FactText.check("text of an embedding", text, Integer.MAX_VALUE);
    this.vector = checked(vector);
  }

  /**
   * Returns an embedding.
   *
   * @param fact the id of the fact that it belongs to
   * @param text what the model was given
   * @param vector at least one number that is not zero, all of them finite
   * @throws IllegalArgumentException when the vector is none, or the text is empty
   */
  public static Embedding of(UUID fact, Model model, String text, float... vector) {
    return new Embedding(fact, model, text, vector);
  }

  /** Returns a copy of the vector if it has a direction. */
  static float[] checked(float[] vector) {
    boolean points = false;
    for (float number : vector) {
      if (!Float.isFinite(number)) {
        throw new IllegalArgumentException("a vector has a number that is not finite");
      }
      points |= number != 0;
    }
    if (!points || vector.length > MAX_DIMENSIONS) {
      throw new IllegalArgumentException(
          "a vector of "
              + vector.length
              + " numbers: give 1 to "
              + MAX_DIMENSIONS
              + ", of which at least one is not zero");
    }
    return vector.clone();
  }

  /** Returns the id of the fact. */
  public UUID fact() {
    return fact;
  }

  /** Returns the model. */
  public Model model() {
    return model;
  }

  /** Returns what the model was given. */
  public String text() {
    return text;
  }

  /** Returns a copy of the vector. */
  public float[] vector() {
    return vector.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Embedding same
        && fact.equals(same.fact)
        && model.equals(same.model)
        && text.equals(same.text)
        && Arrays.equals(vector, same.vector);
  }

  @Override
  public int hashCode() {
    return Objects.hash(fact, model, text, Arrays.hashCode(vector));
  }

  @Override
  public String toString() {
    return "embedding of fact " + fact + " by " + model + " with " + vector.length + " dimensions";
  }

  /**
   * What makes vectors. All vectors of a model have the same number of dimensions; they are
   * compared with each other alone.
   *
   * @param name 1 to 100 characters
   * @param version 1 to 20 characters
   */
  public record Model(String name, String version) {

    /** Checks that both can be kept. */
    public Model {
      String unusedName = FactText.check("name of a model", name, 100);
      String unusedVersion = FactText.check("version of a model", version, 20);
    }

    @Override
    public String toString() {
      return name + " " + version;
    }
  }
}
