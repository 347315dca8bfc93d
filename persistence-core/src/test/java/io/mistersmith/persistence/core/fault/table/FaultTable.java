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
  STATE("fault & !logs"),

  /** Steps of several keys, and logs: nothing is seen in part, twice, or out of order. */
  LOGS("fault & logs");

  private static final String ROOT = "io.mistersmith.persistence.core";

  private final String tags;

  FaultTable(String tags) {
    this.tags = tags;
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

  static Optional<FaultTable> of(String title) {
    return Arrays.stream(values()).filter(table -> table.title().equals(title)).findFirst();
  }

  static String titles() {
    return Arrays.stream(values()).map(FaultTable::title).collect(joining(", "));
  }
}
