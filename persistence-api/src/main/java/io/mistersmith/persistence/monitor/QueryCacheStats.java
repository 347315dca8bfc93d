package io.mistersmith.persistence.monitor;

/**
 * What the cache of one query has done in one process since it was obtained.
 *
 * @param hits calls that were answered from the bucket
 * @param loads results that the source gave
 * @param failures times that the source failed
 * @param shared calls that were answered by another caller's load
 * @param bypassed calls that went to the source because NATS did not answer
 * @param notKept results that were not kept: too large, too slow, or invalidated meanwhile
 * @param invalidations acknowledged invalidations by this process
 */
public record QueryCacheStats(
    long hits,
    long loads,
    long failures,
    long shared,
    long bypassed,
    long notKept,
    long invalidations) {}
