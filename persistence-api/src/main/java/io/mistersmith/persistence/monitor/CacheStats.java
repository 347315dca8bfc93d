package io.mistersmith.persistence.monitor;

/**
 * What the entries of one type of data in this process's memory (L1) were good for since it was
 * opened. The counts stay 0 where {@code cache.statistics} is off.
 *
 * @param hits reads of an entry that memory answered
 * @param negativeHits reads that memory answered with "there is none"
 * @param misses reads that memory could not answer; those that shared another's load included
 * @param loads how often the stores were asked for a key to be kept
 * @param loadFailures how many of these failed
 * @param refused how many loaded entries were not kept since the key was changed meanwhile
 * @param evictions entries that had to leave for others
 * @param invalidations entries that were dropped because the key was changed
 * @param bypassed reads that went to the stores without a look, because no watch was running
 * @param entries how many entries there are, negative ones included
 * @param weightBytes about how many bytes they take
 * @param watching whether changes by other processes are being followed; else memory is not used
 */
public record CacheStats(
    long hits,
    long negativeHits,
    long misses,
    long loads,
    long loadFailures,
    long refused,
    long evictions,
    long invalidations,
    long bypassed,
    long entries,
    long weightBytes,
    boolean watching) {

  /** The share of all reads that memory answered, from 0 to 1; 0 when there were none. */
  public double hitRate() {
    long answered = hits + negativeHits;
    long reads = answered + misses + bypassed;
    return reads == 0 ? 0 : (double) answered / reads;
  }
}
