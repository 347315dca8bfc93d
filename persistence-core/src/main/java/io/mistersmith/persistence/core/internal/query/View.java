package io.mistersmith.persistence.core.internal.query;

import java.util.Optional;

/**
 * The content of the bucket for one result.
 *
 * @param generation the generation in force, if there is one
 * @param ageing whether the generation must be written again before the server forgets it
 * @param generationPlace the physical sequence of the generation or its marker
 * @param kept the result, if it may be returned to a caller
 * @param place the physical sequence of the result or its marker
 */
record View(
    Optional<String> generation,
    boolean ageing,
    long generationPlace,
    Optional<KeptResult> kept,
    long place) {

  /** Returns the basis of this view; empty when no generation is in force. */
  Optional<LoadBasis> basis() {
    return generation.map(name -> new LoadBasis(name, place));
  }

  /** Returns whether nothing was invalidated between the beginning of a load and this view. */
  boolean sees(LoadBasis basis) {
    return place == basis.place()
        && (generation.isEmpty() || generation.get().equals(basis.generation()));
  }
}
