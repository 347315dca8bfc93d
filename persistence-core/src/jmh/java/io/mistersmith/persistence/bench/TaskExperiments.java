package io.mistersmith.persistence.bench;

import java.util.List;

/** The experiments with the queue of tasks. */
final class TaskExperiments {

  private TaskExperiments() {}

  /** Throughput, beside a queue by hand and db-scheduler; pickup, WAL, and claims behind others. */
  static Experiment tasks(boolean quick) {
    return new Experiment(
        List.of(
            "task.throughput",
            "task.scheduler",
            "task.pickup.p95",
            "task.wal",
            "task.claim.behind.p50"),
        "TaskCalls.(throughput|besideScheduler|pickup|wal|claimBehind)",
        quick ? 1 : 2,
        quick ? 1 : 7,
        true,
        jmh ->
            jmh.param("tasks", quick ? "400" : "4000")
                .param("front", quick ? "2000" : "100000")
                .param("seconds", "1"),
        measured ->
            List.of(
                new Figure(
                    "task.throughput",
                    "/s",
                    Goal.atLeast(1.5),
                    measured.turns("TaskCalls.throughput")),
                new Figure(
                    "task.scheduler",
                    "/s",
                    Goal.atLeast(1.5),
                    measured.turns("TaskCalls.besideScheduler")),
                new Figure(
                    "task.pickup.p95",
                    "ms",
                    Goal.valueAtMost(25),
                    measured.turns("TaskCalls.pickup")),
                new Figure(
                    "task.wal", "B", Goal.valueAtMost(1_500), measured.turns("TaskCalls.wal")),
                Experiment.latency(
                    "task.claim.behind.p50", "TaskCalls.claimBehind", Goal.atMost(1.3), measured)));
  }

  /** Raw is the library's own rate without the idle transaction. */
  static Experiment besideIdleTransaction(boolean quick) {
    return new Experiment(
        List.of("task.idle", "task.idle.scheduler"),
        "TaskCalls.idleTransaction.*",
        0,
        1,
        true,
        jmh -> jmh.param("tasks", "1").param("front", "0").param("seconds", quick ? "10" : "600"),
        measured ->
            List.of(
                new Figure(
                    "task.idle",
                    "/s",
                    Goal.atLeast(0.9),
                    measured.turns("TaskCalls.idleTransaction")),
                new Figure(
                    "task.idle.scheduler",
                    "/s",
                    Goal.reported(),
                    measured.turns("TaskCalls.idleTransactionOfScheduler"))));
  }
}
