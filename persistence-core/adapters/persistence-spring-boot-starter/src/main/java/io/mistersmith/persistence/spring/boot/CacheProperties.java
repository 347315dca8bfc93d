package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.CacheConfig;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What this process keeps of NATS's entries in its own memory.
 *
 * @param enabled Whether anything is kept.
 * @param maxSize About how much memory the entries of one type of data may take.
 * @param timeToLive How long an entry is answered from memory.
 * @param negativeTimeToLive How long it is remembered that a key has no entry; zero for not at all.
 */
@ConfigurationProperties("persistence.cache")
record CacheProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("64MB") DataSize maxSize,
    @DefaultValue("1m") Duration timeToLive,
    @DefaultValue("1s") Duration negativeTimeToLive) {

  CacheConfig config() {
    return enabled
        ? CacheConfig.builder()
            .maxWeightBytes(maxSize.toBytes())
            .timeToLive(timeToLive)
            .negativeTimeToLive(negativeTimeToLive)
            .build()
        : CacheConfig.off();
  }
}
