package io.mistersmith.persistence.lifecycle;

/**
 * How far a hydration is. Several arrive in order, the last one with {@code done} equal to {@code
 * total}.
 *
 * @param agent whose entries
 * @param done how many of the keys are in KV, brought there or found there
 * @param total how many live keys PostgreSQL has
 * @param bytes the size of the values that were brought so far
 */
public record HydrationProgress(String agent, int done, int total, long bytes) {}
