package io.mistersmith.persistence.core.fault.table;

import static java.util.stream.Collectors.joining;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.platform.engine.DiscoverySelector;

/** The tables of faults. A table holds the tests below a package that its tags select. */
enum FaultTable {
  /** Agent state: kills, pauses, cut connections and corrupted data under writes and flushes. */
  STATE("fault & !logs & !tasks & !events & !sagas & !alerts & !connections & !backup", false),

  /** Steps, logs and messages: nothing is seen in part, acknowledged twice, or out of order. */
  LOGS("fault & logs", false),

  /** The queue of tasks: each is completed once, and none is lost. */
  TASKS("fault & tasks", false),

  /** The change feed: each committed change is in the stream, once and in the order of its key. */
  EVENTS("fault & events", true),

  /** Sagas: each is wholly done, wholly undone, or listed as stopped with its reason. */
  SAGAS("fault & sagas", true),

  /** Alerts: each fault fires its alerts and no others, and they end with it. */
  ALERTS("fault & alerts", false),

  /** Backups under load: both stores are destroyed, restored and replayed; damage is found. */
  BACKUP("fault & backup", true),

  /** Servers and connections that go away, lag, are replaced and come back, and full pools. */
  CONNECTIONS("connections", true);

  private static final String ROOT = "io.mistersmith.persistence.core";

  private final String tags;
  private final boolean tallied;

  FaultTable(String tags, boolean tallied) {
    this.tags = tags;
    this.tallied = tallied;
  }

  String title() {
    return name().toLowerCase(Locale.ROOT);
  }

  List<DiscoverySelector> selectors() {
    return List.of(selectPackage(ROOT));
  }

  /** Returns the expression that selects the tags of its tests. */
  String tags() {
    return tags;
  }

  /** Returns whether each cell reports a {@link Tally}. */
  boolean isTallied() {
    return tallied;
  }

  static Optional<FaultTable> of(String title) {
    return Arrays.stream(values()).filter(table -> table.title().equals(title)).findFirst();
  }

  static String titles() {
    return Arrays.stream(values()).map(FaultTable::title).collect(joining(", "));
  }
}
