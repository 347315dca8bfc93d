package io.mistersmith.persistence.examples.quickstart;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The sum of the writers' reports. For one thread. */
final class Ledger {

  final Distribution putMicros = new Distribution();
  final Distribution getMicros = new Distribution();
  final Distribution lagMillis = new Distribution();
  final Distribution backlogMillis = new Distribution();
  private final Map<Integer, Set<Integer>> refused = new HashMap<>();
  private final Map<String, Integer> refusals = new HashMap<>();
  private final Map<Integer, Integer> acknowledgedCursors = new HashMap<>();
  private int resumed;
  private int hydrated;
  private int forgotten;
  private long firstPut;
  private long lastPut;
  private long writingNanos;

  /** Notes a report of a writer. */
  void add(WriterReport report) {
    if (report instanceof WriterReport.Put put) {
      putMicros.add(put.micros());
      lastPut = System.nanoTime();
      firstPut = firstPut == 0 ? lastPut : firstPut;
      if (put.key().equals(AgentState.CURSOR)) {
        acknowledgedCursors.put(put.run(), put.step() + 1);
      }
    } else if (report instanceof WriterReport.Got got) {
      getMicros.add(got.micros());
    } else if (report instanceof WriterReport.Flushed flushed) {
      flushed.entriesByLag().forEach(lagMillis::add);
      flushed.backlogByLag().forEach(backlogMillis::add);
    } else if (report instanceof WriterReport.Refused refusal) {
      if (refused.computeIfAbsent(refusal.run(), run -> new HashSet<>()).add(refusal.step())) {
        refusals.merge(refusal.error(), 1, Integer::sum);
      }
    } else if (report instanceof WriterReport.Started started) {
      note(started);
    }
  }

  private void note(WriterReport.Started started) {
    hydrated += started.hydrated();
    int acknowledged = acknowledgedCursors.getOrDefault(started.run(), 0);
    if (started.stepsDone() > 0) {
      resumed++;
    }
    if (started.stepsDone() < acknowledged) {
      forgotten++;
    }
  }

  /** A writer has come to its end: the time until the next one writes is not writing time. */
  void writerEnded() {
    writingNanos += lastPut - firstPut;
    firstPut = 0;
    lastPut = 0;
  }

  long writes() {
    return putMicros.total();
  }

  long writesPerSecond() {
    return writingNanos == 0 ? 0 : writes() * 1_000_000_000L / writingNanos;
  }

  /** The steps of a run that were refused. */
  Set<Integer> refused(RecordedRun run) {
    return refused.getOrDefault(run.line(), Set.of());
  }

  /** How many steps were refused, by kind of error. */
  Map<String, Integer> refusals() {
    return Map.copyOf(refusals);
  }

  /** How many agents went on where an earlier writer had stopped. */
  int resumed() {
    return resumed;
  }

  /** How many entries were brought back from PostgreSQL into KV. */
  int hydrated() {
    return hydrated;
  }

  /** How many agents went on from before the last cursor that was acknowledged: none may. */
  int forgotten() {
    return forgotten;
  }
}
