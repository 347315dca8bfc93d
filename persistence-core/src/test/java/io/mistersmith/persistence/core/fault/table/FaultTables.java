package io.mistersmith.persistence.core.fault.table;

import java.io.PrintStream;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Runs a table of faults on real servers and prints a row for each cell: what was done, what was
 * counted, whether it passed, and the seconds. Its last line reads
 *
 * <pre>faults: table=NAME cells=N failed=N seconds=N seed=N
 * </pre>
 *
 * <p>The exit status is 0 when no cell failed, 1 when one did, and 2 when none was selected.
 */
public final class FaultTables {

  private FaultTables() {}

  /**
   * Properties: {@code faults.table}; {@code faults.cell}, a regular expression that the names of
   * the cells to run begin with, all when it is empty; and {@code faults.seed}, which is random
   * when it is empty.
   */
  public static void main(String[] args) {
    System.exit(
        run(
            System.getProperty("faults.table", ""),
            System.getProperty("faults.cell", ""),
            System.getProperty("faults.seed", ""),
            System.out,
            System.err));
  }

  static int run(String table, String cell, String seed, PrintStream out, PrintStream err) {
    Optional<FaultTable> named = FaultTable.of(table);
    if (named.isEmpty()) {
      err.printf(
          "faults: there is no table \"%s\"; the tables are: %s%n", table, FaultTable.titles());
      return TableRun.NOTHING_RUN;
    }
    Pattern cells;
    long number;
    try {
      cells = Pattern.compile(cell);
      number = seed.isEmpty() ? System.nanoTime() : Long.parseLong(seed);
    } catch (PatternSyntaxException e) {
      err.printf("faults: cell is no regular expression: %s%n", e.getMessage());
      return TableRun.NOTHING_RUN;
    } catch (NumberFormatException e) {
      err.printf("faults: seed is no integer: %s%n", seed);
      return TableRun.NOTHING_RUN;
    }
    out.printf("faults: seed=%d%n", number);
    FaultTable its = named.get();
    return new TableRun(its.title(), its.tags(), its.selectors(), cells, number).run(out, err);
  }
}
