package io.mistersmith.persistence.core.internal.cache;

import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.journal.Revisions;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.HotBucket;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What a cache stands in.
 *
 * @param bucket the bucket whose changes are followed
 * @param revisions what its sequences mean
 * @param floor what no answer may be below
 * @param ticking measures how long something was kept, in this process
 * @param clock the hot store's clock, which the ends of entries are judged by
 * @param maxAge how long the server keeps an entry; zero for ever
 * @param used is told whose entries are used, once a second each
 * @param executor completes what several callers wait for
 * @param health records failures of the watch
 */
public record Surroundings(
    HotBucket bucket,
    Revisions revisions,
    Function<StateKey, Optional<Revision>> floor,
    Clock ticking,
    Clock clock,
    Duration maxAge,
    Consumer<String> used,
    Executor executor,
    ServiceHealth health) {}
