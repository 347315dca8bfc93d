package io.mistersmith.persistence.core.internal.query;

/**
 * What a load began on: two that began on the same one met the same invalidations.
 *
 * @param generation the generation in force
 * @param place the physical sequence of the key's latest message
 */
record Footing(String generation, long place) {}
