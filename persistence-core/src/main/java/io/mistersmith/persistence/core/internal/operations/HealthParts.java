package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What the health of a runtime is checked by.
 *
 * @param store asks PostgreSQL, whatever a breaker says
 * @param recovery knows of backups and drills
 * @param bucket the bucket of agent state, whatever a breaker says
 * @param pools the pools and the replicas
 * @param consistency the lag and the backlog
 * @param feed notices of the change feed
 * @param feedInstalled whether there is a change feed
 * @param encryption notices of the encryption
 * @param services runs the checks, and has notices of all background services
 */
public record HealthParts(
    UpkeepStore store,
    RecoveryStore recovery,
    HotBucket bucket,
    Pools pools,
    Consistency consistency,
    Supplier<List<String>> feed,
    Supplier<Boolean> feedInstalled,
    Supplier<List<String>> encryption,
    Services services) {

  private static List<CheckGroup> with(List<CheckGroup> more, CheckGroup... groups) {
    return Stream.concat(Arrays.stream(groups), more.stream()).toList();
  }

  /** Returns the health, not begun. */
  public ScheduledHealth health(PersistenceConfig config, PersistenceListener listener) {
    Ticker ticker = Ticker.SYSTEM;
    List<CheckGroup> encrypted =
        config.encryption().isEmpty()
            ? List.of()
            : List.of(
                new CheckGroup(
                    new NoticeCheck(
                        "encryption", encryption, () -> "entries have to be encrypted")));
    return new ScheduledHealth(
        with(
            encrypted,
            new CheckGroup(
                new PostgresCheck(store, ticker),
                new SeldomCheck(new SchemaCheck(store), ticker),
                new SeldomCheck(new PartitionCheck(store), ticker),
                new SeldomCheck(new BackupCheck(recovery), ticker)),
            new CheckGroup(new KvCheck(bucket, ticker)),
            new CheckGroup(new LagCheck(consistency, config.consistency().window())),
            new CheckGroup(
                new PoolCheck(pools, ticker),
                new ReplicaCheck(pools),
                new NoticeCheck(
                    "change_feed",
                    feed,
                    () ->
                        feedInstalled.get()
                            ? "committed changes are published in time"
                            : "there is none: the set of migrations events is not applied"),
                new NoticeCheck(
                    "services", services::notices, () -> "all background services work"))),
        config.monitoring().checkInterval(),
        listener,
        config.clock(),
        ticker,
        services);
  }
}
