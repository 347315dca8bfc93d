package io.mistersmith.persistence.core.internal.query;

import java.util.Optional;

/**
 * What the bucket says of one result.
 *
 * @param generation the generation in force, if there is one
 * @param ageing whether the generation must be written again before the server forgets it
 * @param generationPlace the physical sequence of the generation or its marker
 * @param kept the result, if it may be given to who asks
 * @param place the physical sequence of the result or its marker
 */
record View(
    Optional<String> generation,
    boolean ageing,
    long generationPlace,
    Optional<KeptResult> kept,
    long place) {

  /** What the kept result was found on. */
  Optional<Footing> footing() {
    return generation.map(name -> new Footing(name, place));
  }

  /** Whether nothing was invalidated between the beginning of a load and this view. */
  boolean sees(Footing footing) {
    return place == footing.place()
        && (generation.isEmpty() || generation.get().equals(footing.generation()));
  }
}
