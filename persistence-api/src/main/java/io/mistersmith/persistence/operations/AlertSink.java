package io.mistersmith.persistence.operations;

import io.mistersmith.persistence.operations.Alerts.AlertChange;

/**
 * Receives what happens to alerts. {@code monitoring.sink} of the configuration gives it a name,
 * and {@code notification_channels} of a threshold lists the names.
 */
@FunctionalInterface
public interface AlertSink {

  /**
   * Takes a change. Called in the background, by one thread at a time, with each change in order.
   * An alert that ended and comes back has {@code BEGAN} again. After an exception this sink gets
   * the same change again at the next check, so it may get a change twice. Other sinks do not wait
   * for it.
   */
  void tell(AlertChange change);
}
