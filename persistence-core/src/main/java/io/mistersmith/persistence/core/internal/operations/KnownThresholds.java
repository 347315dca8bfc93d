package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thresholds as this runtime read them last. They stay in force while PostgreSQL is away.
 * Thread-safe.
 */
final class KnownThresholds {

  private static final Logger LOG = LoggerFactory.getLogger(KnownThresholds.class);

  private final AlertStore store;
  private volatile Map<String, AlertThreshold> known = Map.of();

  KnownThresholds(AlertStore store) {
    this.store = store;
  }

  /** Reads them again; returns whether PostgreSQL answered. */
  boolean reload() {
    try {
      Map<String, AlertThreshold> read = new LinkedHashMap<>();
      if (store.isInstalled()) {
        store.thresholds().forEach(threshold -> read.put(threshold.metric(), threshold));
      }
      known = read;
      return true;
    } catch (PersistenceException e) {
      LOG.debug("the thresholds of alerts were not read, those known stay in force", e);
      return false;
    }
  }

  Collection<AlertThreshold> all() {
    return known.values();
  }

  Duration checkInterval(String metric) {
    return Optional.ofNullable(known.get(metric))
        .map(AlertThreshold::checkInterval)
        .orElse(Duration.ofMinutes(1));
  }
}
