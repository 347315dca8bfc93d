package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A stream's settings that an operator may change while it is used, as last seen. Thread-safe. */
final class StreamSettings {

  private static final Logger log = LoggerFactory.getLogger(StreamSettings.class);

  private final Bucket bucket;
  private final String name;
  private final boolean expectsReplicas;
  private volatile boolean hasReplicas;
  private volatile Duration maxAge = Duration.ZERO;

  /**
   * Settings of the bucket with this full name.
   *
   * @param expectsReplicas whether replicas are configured. Another process may add those that are
   *     missing: until this one has seen it, what it reads is not to come from a replica that lags
   */
  StreamSettings(Bucket bucket, String name, boolean expectsReplicas) {
    this.bucket = bucket;
    this.name = name;
    this.expectsReplicas = expectsReplicas;
  }

  /** Takes the settings that the stream was opened with. */
  void first(StreamConfiguration found) {
    hasReplicas = expectsReplicas || found.getReplicas() > 1;
    maxAge = maxAge(found);
  }

  /** Takes the settings of now, and logs a changed maximum age. */
  void saw(StreamConfiguration found) {
    Duration before = maxAge;
    first(found);
    if (maxAge.equals(before)) {
      return;
    }
    if (bucket == Bucket.AGENT_STATE && !maxAge.isZero()) {
      log.error(
          "Bucket {} was changed: it now expires its entries after {}, flushed or not, and"
              + " acknowledged writes will be lost. Run: nats stream edit KV_{} --max-age=0",
          name,
          maxAge,
          name);
    } else {
      log.warn("Bucket {} was changed: its maximum age is {} now", name, maxAge);
    }
  }

  boolean hasReplicas() {
    return hasReplicas;
  }

  Duration maxAge() {
    return maxAge;
  }

  private static Duration maxAge(StreamConfiguration stream) {
    return Objects.requireNonNullElse(stream.getMaxAge(), Duration.ZERO);
  }
}
