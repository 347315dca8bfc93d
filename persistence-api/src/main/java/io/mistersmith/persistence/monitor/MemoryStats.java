package io.mistersmith.persistence.monitor;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * The two memories side by side (seed section 7.1). Taken when it is asked for; the parts are of
 * slightly different moments.
 *
 * @param kvEntries how many keys have an entry in the bucket of agent state, markers of deleted
 *     ones included
 * @param sqlRows how many live rows {@code agents.state} has: counted up to 100,000, beyond that
 *     the planner's estimate, which counts tombstones in; empty while PostgreSQL does not answer
 * @param dirtyEntries how many keys have a write behind the position, of whichever process. Counted
 *     up to 10,000 journal entries; beyond that every further entry counts as a key of its own
 * @param averageFlushTime the mean duration of this process's flushes in the last minute
 * @param consistencyWindowP95 the 95th percentile of {@link #lag()}
 * @param lag from write to commit, of what this process committed; see {@link LagStats} for what
 *     that means where another runtime flushes
 * @param backlog what waits in the journal
 * @param kvAnswered whether NATS answered; when not, {@code kvEntries}, {@code dirtyEntries} and
 *     {@code backlog} are what they were when it did last, or nothing
 * @param violations how many writes this process committed later than the consistency window, since
 *     it was opened
 */
public record MemoryStats(
    long kvEntries,
    OptionalLong sqlRows,
    long dirtyEntries,
    Duration averageFlushTime,
    Duration consistencyWindowP95,
    LagStats lag,
    Backlog backlog,
    boolean kvAnswered,
    long violations) {}
