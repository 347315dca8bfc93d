package io.mistersmith.persistence.core.fault.table;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the cells of a table one after the other, so that what is counted while one runs is its own.
 *
 * @param table the name of the table
 * @param tags selects the tests by an expression of tags
 * @param tallied whether each cell reports a {@link Tally}, and the last line their sum
 * @param tests where the tests are
 * @param cells selects the cells whose names begin with a match
 * @param seed the seed of all tests that draw at random
 */
record TableRun(
    String table,
    String tags,
    boolean tallied,
    List<? extends DiscoverySelector> tests,
    Pattern cells,
    long seed) {

  /** The exit status when no cell is selected. */
  static final int NOTHING_RUN = 2;

  private static final String SEED = "persistence.test.seed";

  /** Prints the rows and the last line; returns the exit status, 0 only when all passed. */
  int run(PrintStream out, PrintStream err) {
    long start = System.nanoTime();
    Rows rows = new Rows(out, err, tallied);
    String before = System.getProperty(SEED);
    System.setProperty(SEED, Long.toString(seed));
    Counts.collect(rows);
    try {
      launcher().execute(request(), rows);
    } finally {
      Counts.collect(Counts.PRINTED);
      if (before == null) {
        System.clearProperty(SEED);
      } else {
        System.setProperty(SEED, before);
      }
    }
    if (rows.cells() == 0) {
      err.printf(
          "faults: table %s has no cell whose name begins with a match of %s;"
              + " names are Class.method or Class.method[arguments]; the tables are: %s%n",
          table, cells, FaultTable.titles());
      return NOTHING_RUN;
    }
    out.printf(
        "faults: table=%s cells=%d failed=%d%s seconds=%d seed=%d%n",
        table,
        rows.cells(),
        rows.failed(),
        tallied ? " " + rows.sum().ofTable() : "",
        Duration.ofNanos(System.nanoTime() - start).toSeconds(),
        seed);
    return rows.failed() == 0 && rows.sum().isKept() ? 0 : 1;
  }

  private static Launcher launcher() {
    return LauncherFactory.create(
        LauncherConfig.builder()
            .enableLauncherSessionListenerAutoRegistration(false)
            .enableLauncherDiscoveryListenerAutoRegistration(false)
            .enableTestExecutionListenerAutoRegistration(false)
            .build());
  }

  private LauncherDiscoveryRequest request() {
    PostDiscoveryFilter methods = SelectedCells.methods(cells);
    return LauncherDiscoveryRequestBuilder.request()
        .selectors(tests)
        .filters(EngineFilter.includeEngines("junit-jupiter"), TagFilter.includeTags(tags), methods)
        .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
        .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
        .configurationParameter(
            "junit.jupiter.extensions.autodetection.include", SelectedCells.class.getName())
        .configurationParameter(SelectedCells.PARAMETER, cells.pattern())
        .build();
  }
}
