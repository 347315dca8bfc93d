package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.fault.ChangeAudit;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Whether each committed change is in the streams: the runtimes that publish them are killed. */
final class FeedCheck {

  private static final Duration PUBLISHED_WITHIN = Duration.ofMinutes(2);
  private static final long LOOK_NANOS = 100_000_000;

  private FeedCheck() {}

  /** Lets the streams keep all that a soak publishes. */
  static void keepAll(Streams streams) {
    for (StreamPlan plan : List.of(StreamPlan.agentState(), StreamPlan.taskExecution())) {
      var unused =
          streams.apply(
              plan.toBuilder().maxAge(Duration.ofDays(2)).maxMessages(50_000_000).build());
    }
  }

  /** Waits until all is published, and compares. */
  static void judge(ChangeFeed feed, SoakInstallation installation, Tally tally) {
    long end = System.nanoTime() + PUBLISHED_WITHIN.toNanos();
    while (Retries.with(feed::lag).changes() > 0 && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    ChangeAudit audit = new ChangeAudit(installation.jdbcUrl(), installation.user());
    io.mistersmith.persistence.core.fault.table.Tally found =
        audit.compare(installation.natsUrl().split(",", 2)[0], "", Duration.ZERO);
    audit.problems().forEach(what -> tally.add(new Fault(kind(what), "feed: " + what)));
    tally.counted("feed " + found);
  }

  private static Kind kind(String problem) {
    return problem.startsWith("skipped")
        ? Kind.LOST
        : problem.startsWith("twice") ? Kind.RESURRECTED : Kind.BACKWARD;
  }
}
