package io.mistersmith.persistence.lifecycle;

import java.time.Duration;

/**
 * What a hydration did.
 *
 * @param agent whose entries
 * @param keys how many live keys PostgreSQL has
 * @param brought how many of them were brought into KV; the others were there, or newer
 * @param bytes the size of the values that were brought
 * @param took how long it took
 */
public record Hydration(String agent, int keys, int brought, long bytes, Duration took) {}
