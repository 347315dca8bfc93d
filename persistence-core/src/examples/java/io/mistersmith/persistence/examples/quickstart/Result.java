package io.mistersmith.persistence.examples.quickstart;

import java.io.PrintStream;
import java.util.Locale;

/**
 * The outcome.
 *
 * @param verification what PostgreSQL has of the agents' state
 * @param tasks what it has of their tasks, as far as they were completed
 * @param messages what it has of their messages, as far as they were processed
 * @param facts what it has of their facts
 * @param left how many journal entries the second writer left unflushed
 * @param flatOut what was counted while nothing paced the writes
 */
record Result(
    Recording recording,
    Ledger ledger,
    Verification verification,
    Verification tasks,
    Verification messages,
    Verification facts,
    long left,
    FlatOut.Counted flatOut) {

  /** Prints the table and the last line, and returns the exit status. */
  int print(PrintStream out) {
    int lost =
        verification.lost() + tasks.lost() + messages.lost() + facts.lost() + ledger.forgotten();
    int mismatched =
        verification.mismatched() + tasks.mismatched() + messages.mismatched() + facts.mismatched();
    row(out, "runs replayed", "%,d with %,d steps", recording.runs().size(), recording.steps());
    if (!recording.problems().isEmpty()) {
      row(out, "lines skipped", "%,d", recording.problems().size());
    }
    if (!ledger.refusals().isEmpty()) {
      row(out, "steps refused", "%s", ledger.refusals());
    }
    row(
        out,
        "after the kill",
        "%,d agents went on, %,d entries hydrated",
        ledger.resumed(),
        ledger.hydrated());
    row(
        out,
        "",
        "%,d entries of the killed writer were flushed by the second, %,d ms old at most",
        ledger.backlogMillis.total(),
        ledger.backlogMillis.percentile(100));
    if (ledger.forgotten() > 0) {
      row(out, "went back", "%,d agents", ledger.forgotten());
    }
    if (left > 0) {
      row(out, "not flushed", "%,d journal entries", left);
    }
    printPaced(out);
    printFlatOut(out);
    out.printf(
        Locale.ROOT,
        "quickstart: agents=%d writes=%d in_postgres=%d lost=%d mismatched=%d lag_p95_ms=%d"
            + " tasks=%d messages=%d facts=%d%n",
        verification.agents(),
        ledger.writes(),
        verification.found(),
        lost,
        mismatched,
        ledger.lagMillis.percentile(95),
        tasks.found(),
        messages.found(),
        facts.found());
    out.flush();
    return lost == 0 && mismatched == 0 ? 0 : 1;
  }

  private void printPaced(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "paced: each agent waits at least %,d ms between two steps%n",
        Writer.pace(recording.runs()).toMillis());
    row(out, "writes", "%,d acknowledged, %,d/s", ledger.writes(), ledger.writesPerSecond());
    row(out, "put", "p50 %s, p99 %s", millis(ledger.putMicros, 50), millis(ledger.putMicros, 99));
    row(out, "get", "p50 %s, p99 %s", millis(ledger.getMicros, 50), millis(ledger.getMicros, 99));
    row(
        out,
        "lag to PostgreSQL",
        "p50 %d ms, p95 %d ms, p99 %d ms",
        ledger.lagMillis.percentile(50),
        ledger.lagMillis.percentile(95),
        ledger.lagMillis.percentile(99));
  }

  private void printFlatOut(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "flat out: %.1f s without a pause, %,d keys in turn%n",
        flatOut.time().toMillis() / 1000.0,
        FlatOut.AGENTS * FlatOut.KEYS_OF_EACH);
    row(out, "acknowledged", "%,d writes/s by NATS", flatOut.acknowledgedPerSecond());
    row(
        out,
        "committed",
        "%,d writes/s by PostgreSQL; the last write %,d ms after the end",
        flatOut.committedPerSecond(),
        flatOut.rest().toMillis());
  }

  private static void row(PrintStream out, String name, String format, Object... values) {
    out.printf(Locale.ROOT, "  %-18s " + format + "%n", prepend(name, values));
  }

  private static Object[] prepend(String name, Object[] values) {
    Object[] all = new Object[values.length + 1];
    all[0] = name;
    System.arraycopy(values, 0, all, 1, values.length);
    return all;
  }

  private static String millis(Distribution micros, int percent) {
    return String.format(Locale.ROOT, "%.2f ms", micros.percentile(percent) / 1000.0);
  }
}
