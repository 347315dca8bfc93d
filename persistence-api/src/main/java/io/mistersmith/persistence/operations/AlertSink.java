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
   * An alert that is repeated begins anew. When it throws, the change is told again at the next
   * check, so that it may come twice; other sinks are told meanwhile.
   */
  void tell(AlertChange change);
}
