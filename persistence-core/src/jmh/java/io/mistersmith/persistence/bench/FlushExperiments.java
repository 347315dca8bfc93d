package io.mistersmith.persistence.bench;

import java.util.List;

/** The experiments with the flush: against raw code, and with the sets that add to it. */
final class FlushExperiments {

  private static final int FLUSHED = 60_000;

  private FlushExperiments() {}

  static Experiment flush(boolean quick) {
    return new Experiment(
        List.of("flush.throughput", "flush.lag.p95"),
        "Flushes",
        quick ? 1 : 2,
        quick ? 1 : 7,
        false,
        jmh ->
            Experiment.oneShot(jmh)
                .param("writes", quick ? "5000" : Integer.toString(FLUSHED))
                .param("seconds", quick ? "1" : "3"),
        measured ->
            List.of(
                new Figure(
                    "flush.throughput",
                    "/s",
                    Goal.atLeast(0.90),
                    measured.pairs(
                        "Flushes.backlog", Measurements.perSecond(quick ? 5_000 : FLUSHED))),
                new Figure(
                    "flush.lag.p95",
                    "ms",
                    Goal.valueAtMost(100),
                    measured.pairs("Flushes.steady", Measurements.secondary(Flushes.LAG)))));
  }

  /** Raw is the flush without the set; of the searches, the one by content. */
  static Experiment searched(boolean quick) {
    return new Experiment(
        List.of("flush.searched", "flush.events", "search.p50"),
        "SearchedFlushes",
        quick ? 1 : 2,
        quick ? 2 : 7,
        true,
        jmh -> jmh.param("writes", quick ? "5000" : "20000"),
        measured ->
            List.of(
                new Figure(
                    "flush.searched",
                    "/s",
                    Goal.reported(),
                    measured.turns("SearchedFlushes.flush")),
                new Figure(
                    "flush.events",
                    "/s",
                    Goal.atLeast(0.60),
                    measured.turns("SearchedFlushes.note")),
                Experiment.latency(
                    "search.p50", "SearchedFlushes.search", Goal.reported(), measured)));
  }

  /** Raw is the flush without the set. */
  static Experiment audited(boolean quick) {
    return new Experiment(
        List.of("flush.audit", "flush.audit.changes"),
        "AuditedFlushes",
        quick ? 1 : 2,
        quick ? 2 : 7,
        true,
        jmh -> jmh.param("writes", quick ? "5000" : "20000"),
        measured ->
            List.of(
                new Figure(
                    "flush.audit",
                    "/s",
                    Goal.atLeast(0.50),
                    measured.turns("AuditedFlushes.flush")),
                new Figure(
                    "flush.audit.changes",
                    "/s",
                    Goal.reported(),
                    measured.turns("AuditedFlushes.changes"))));
  }
}
