package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.state.journal.Revisions;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Journal;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The collaborators and settings of a cache.
 *
 * @param bucket the bucket whose changes are followed
 * @param revisions translates its sequences into revisions
 * @param floor the lowest revision that an answer for a key may have
 * @param ticking measures how long something was kept, in this process
 * @param clock the hot store's clock, which the ends of entries are judged by
 * @param maxAge how long the server keeps an entry; zero for no limit
 * @param used is notified, where anything follows that, of the owners whose entries are used, once
 *     a second each
 * @param executor completes what several callers wait for
 * @param services run the watch
 */
public record CacheContext(
    Journal bucket,
    Revisions revisions,
    Function<StateKey, Optional<Revision>> floor,
    Clock ticking,
    Clock clock,
    Duration maxAge,
    Optional<Consumer<AgentId>> used,
    Executor executor,
    Services services) {}
