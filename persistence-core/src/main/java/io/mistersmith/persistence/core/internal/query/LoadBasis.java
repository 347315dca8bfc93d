package io.mistersmith.persistence.core.internal.query;

/**
 * The state of the bucket when a load began. Two loads with equal states saw the same
 * invalidations.
 *
 * @param generation the generation in force
 * @param place the physical sequence of the key's latest message
 */
record LoadBasis(String generation, long place) {}
