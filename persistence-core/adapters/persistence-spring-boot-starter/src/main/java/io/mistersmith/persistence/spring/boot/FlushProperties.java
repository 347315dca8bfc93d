package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.FlushConfig;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * When acknowledged writes go to PostgreSQL, and when they leave NATS.
 *
 * @param dirtyKeys Number of keys at which a batch is closed.
 * @param maxAge Age of its first entry at which a batch is closed.
 * @param maxSize Size at which a batch is closed.
 * @param maxEntries Journal entries that a batch may hold when there is a backlog.
 * @param leaseDuration How long one runtime flushes for all before it must renew.
 * @param idleTimeToLive How long an entry that is not written stays in NATS after its commit.
 * @param tombstoneRetention How long PostgreSQL remembers that an entry was deleted.
 * @param closeDeadline How long the stop of the application waits until its writes are flushed.
 */
@ConfigurationProperties("persistence.flush")
record FlushProperties(
    @DefaultValue("50") int dirtyKeys,
    @DefaultValue("50ms") Duration maxAge,
    @DefaultValue("4MB") DataSize maxSize,
    @DefaultValue("2000") int maxEntries,
    @DefaultValue("2s") Duration leaseDuration,
    @DefaultValue("30m") Duration idleTimeToLive,
    @DefaultValue("7d") Duration tombstoneRetention,
    @DefaultValue("30s") Duration closeDeadline) {

  FlushConfig config() {
    return FlushConfig.builder()
        .dirtyKeys(dirtyKeys)
        .maxAge(maxAge)
        .maxBytes(maxSize.toBytes())
        .maxEntries(maxEntries)
        .leaseDuration(leaseDuration)
        .idleTimeToLive(idleTimeToLive)
        .tombstoneRetention(tombstoneRetention)
        .closeDeadline(closeDeadline)
        .build();
  }
}
