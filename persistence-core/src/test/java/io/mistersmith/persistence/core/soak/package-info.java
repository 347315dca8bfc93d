/**
 * The soak: several runtimes mix all operations while processes are killed and frozen at random,
 * and every promise that they were given is kept in a ledger and checked. {@link
 * io.mistersmith.persistence.core.soak.Soak} is the program; an operation is a class of its own
 * that is listed in {@link io.mistersmith.persistence.core.soak.Operations}.
 *
 * <p>Mechanisms that were taken out of the engine once, and what the last line counted then:
 *
 * <ul>
 *   <li>{@code awaitDurable} returns at once: lost
 *   <li>own writes do not drop what this process has in memory (L1): stale own reads
 *   <li>the flush moves the position whatever it was before: backward
 *   <li>entries are evicted before they are flushed: lost, stale own reads
 *   <li>a write without an acknowledgement counts as stored: lost
 *   <li>deletes do not reach PostgreSQL: resurrected, lost (checkpoints hold what was deleted)
 *   <li>hydration overwrites what is in KV: lost (a counter went back)
 *   <li>dead letters are not filed: lost
 *   <li>reads do not look at the floors: stale own reads, on three servers ({@code -Dservers=3})
 *       and by the runtime that has no memory
 *   <li>a resolved save is written without a compare-and-set: lost (CRDTs lack changes)
 *   <li>reads from a replica do not wait for what this process committed: stale own reads, lost
 *       (events)
 *   <li>a part of a transaction that is given up is not rolled back: lost (accounts)
 *   <li>changes of committed transactions are not put into KV: half done
 * </ul>
 */
@NullMarked
package io.mistersmith.persistence.core.soak;

import org.jspecify.annotations.NullMarked;
