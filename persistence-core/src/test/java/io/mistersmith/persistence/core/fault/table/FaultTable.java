package io.mistersmith.persistence.core.fault.table;

import static java.util.stream.Collectors.joining;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.platform.engine.DiscoverySelector;

/**
 * The tables of faults. A table holds all tests with the tag "fault" of a package and those below
 * it.
 */
enum FaultTable {
  /** Agent state: kills, pauses, cut connections and corrupted data under writes and flushes. */
  STATE("io.mistersmith.persistence.core");

  private final String root;

  FaultTable(String root) {
    this.root = root;
  }

  String title() {
    return name().toLowerCase(Locale.ROOT);
  }

  List<DiscoverySelector> selectors() {
    return List.of(selectPackage(root));
  }

  static Optional<FaultTable> of(String title) {
    return Arrays.stream(values()).filter(table -> table.title().equals(title)).findFirst();
  }

  static String titles() {
    return Arrays.stream(values()).map(FaultTable::title).collect(joining(", "));
  }
}
