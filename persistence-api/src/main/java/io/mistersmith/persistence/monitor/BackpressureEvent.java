package io.mistersmith.persistence.monitor;

/**
 * Backpressure on writes began or ended.
 *
 * @param bucket the bucket whose journal it is about
 * @param engaged whether it began; else it ended
 * @param reason which figure is over which limit; empty when it ended
 * @param backlog the backlog that decided it
 */
public record BackpressureEvent(String bucket, boolean engaged, String reason, Backlog backlog) {}
