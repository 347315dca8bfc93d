package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.spi.sql.AlertStore.Notice;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** The committed tables of alerts. */
record AlertTables(
    Table<String, AlertThreshold> thresholds,
    Table<String, State> states,
    Table<Long, NoticeRow> notices,
    AtomicLong numbers) {

  /**
   * What was found of a threshold last.
   *
   * @param metric the metric
   * @param checkedAt when it was measured
   * @param alert the open alert
   */
  record State(String metric, Instant checkedAt, Optional<Alert> alert) {}

  /** What a receiver is to be told. */
  record NoticeRow(String channel, Notice notice) {}

  static AlertTables empty() {
    return new AlertTables(
        Table.inOrderOfKeys(), Table.inOrderOfKeys(), Table.inOrderOfKeys(), new AtomicLong());
  }

  AlertTables copy() {
    return new AlertTables(thresholds.copy(), states.copy(), notices.copy(), numbers);
  }
}
