package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.BackpressureConfig;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How much may wait for PostgreSQL before writes are slowed down.
 *
 * @param policy Treatment of writes while the backlog is over a limit.
 * @param maxEntries Journal entries that may wait.
 * @param maxSize About how many bytes may wait.
 * @param maxAge How long the oldest entry may wait.
 * @param maxWait How long a write waits.
 */
@ConfigurationProperties("persistence.backpressure")
record BackpressureProperties(
    @DefaultValue("off") BackpressureConfig.Policy policy,
    @DefaultValue("100000") long maxEntries,
    @DefaultValue("256MB") DataSize maxSize,
    @DefaultValue("30s") Duration maxAge,
    @DefaultValue("10s") Duration maxWait) {

  BackpressureConfig config() {
    return BackpressureConfig.off().toBuilder()
        .policy(policy)
        .maxEntries(maxEntries)
        .maxBytes(maxSize.toBytes())
        .maxAge(maxAge)
        .maxWait(maxWait)
        .build();
  }
}
