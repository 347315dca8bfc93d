package io.mistersmith.persistence.core.fault.table;

import static java.util.stream.Collectors.joining;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.platform.engine.DiscoverySelector;

/** The tables of faults. A table holds all tests with its tag of a package and those below it. */
enum FaultTable {
  /** Agent state: kills, pauses, cut connections and corrupted data under writes and flushes. */
  STATE("fault"),

  /** Logs: their writers and both servers are killed while they grow. */
  LOGS("logs");

  private static final String ROOT = "io.mistersmith.persistence.core";

  private final String tag;

  FaultTable(String tag) {
    this.tag = tag;
  }

  /** Returns the tag of its tests. */
  String tag() {
    return tag;
  }

  String title() {
    return name().toLowerCase(Locale.ROOT);
  }

  List<DiscoverySelector> selectors() {
    return List.of(selectPackage(ROOT));
  }

  static Optional<FaultTable> of(String title) {
    return Arrays.stream(values()).filter(table -> table.title().equals(title)).findFirst();
  }

  static String titles() {
    return Arrays.stream(values()).map(FaultTable::title).collect(joining(", "));
  }
}
