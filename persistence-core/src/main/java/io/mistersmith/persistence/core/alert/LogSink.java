package io.mistersmith.persistence.core.alert;

import io.mistersmith.persistence.operations.AlertSink;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Change;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes alerts to the log {@code io.mistersmith.persistence.core.alert.LogSink}: a critical one as
 * an error, any other as a warning, its end as information. Thread-safe.
 */
public final class LogSink implements AlertSink {

  private static final Logger LOG = LoggerFactory.getLogger(LogSink.class);

  /** Writes to the log. */
  public LogSink() {}

  @Override
  public void tell(AlertChange change) {
    Alert alert = change.alert();
    if (change.change() == Change.ENDED) {
      LOG.info("{} alert ended: {}", alert.level(), alert.message());
      return;
    }
    switch (alert.level()) {
      case CRITICAL -> LOG.error("CRITICAL alert: {}. {}", alert.message(), alert.advice());
      case WARNING, UNKNOWN ->
          LOG.warn("{} alert: {}. {}", alert.level(), alert.message(), alert.advice());
    }
  }

  @Override
  public String toString() {
    return "LogSink";
  }
}
