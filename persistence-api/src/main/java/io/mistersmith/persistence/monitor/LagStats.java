package io.mistersmith.persistence.monitor;

import java.time.Duration;

/**
 * How long writes waited for their commit: the distribution over the last minute.
 *
 * <p>Whose figures: those of the entries that <em>this</em> process committed, whoever wrote them.
 * One runtime flushes for all, so in every other one {@code samples} is 0, and every duration with
 * it; there the age of the {@link Backlog} tells how far PostgreSQL is behind.
 *
 * <p>A percentile is off by less than 2 % (the histogram's buckets); the greatest lag is exact. A
 * lag is measured by the NATS server's clock, which a process knows to within half a round trip.
 *
 * @param samples how many writes were committed; a write that was overwritten so often before the
 *     flush came to it that the bucket had dropped it is none
 * @param p50 half of them waited no longer
 * @param p95 19 of 20 waited no longer
 * @param p99 99 of 100 waited no longer
 * @param max the longest wait
 * @param violations how many waited longer than the consistency window
 * @param averageFlush the mean duration of the transactions that committed them
 */
public record LagStats(
    long samples,
    Duration p50,
    Duration p95,
    Duration p99,
    Duration max,
    long violations,
    Duration averageFlush) {}
