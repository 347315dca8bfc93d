package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How far PostgreSQL is behind KV: the lag of what this runtime committed, and what waits in the
 * journal, whichever runtime flushes.
 */
final class LagCheck implements ComponentCheck {

  private static final String CONSISTENCY = "data_consistency";

  /** Long after a runtime would have taken over from one that was killed. */
  private static final Duration STUCK = Duration.ofMinutes(1);

  private final Consistency consistency;
  private final Duration window;

  LagCheck(Consistency consistency, Duration window) {
    this.consistency = consistency;
    this.window = window;
  }

  @Override
  public String name() {
    return "backlog";
  }

  @Override
  public List<Component> check() {
    Backlog backlog = consistency.backlog();
    return List.of(consistency(consistency.lag(), backlog), backlog(backlog));
  }

  @Override
  public List<Component> unanswered(String why) {
    return Stream.of(CONSISTENCY, name())
        .map(
            name ->
                new Component(
                    name,
                    Status.DEGRADED,
                    Optional.empty(),
                    "what waits in the journal is not known: " + why))
        .toList();
  }

  private Component consistency(LagStats lag, Backlog backlog) {
    boolean late = lag.p95().compareTo(window) > 0;
    boolean waits = backlog.oldestAge().compareTo(window) > 0;
    String figures =
        lag.samples() == 0
            ? "this runtime committed nothing in the last minute; the oldest write that waits is %s old"
                .formatted(Answer.millis(backlog.oldestAge()))
            : "95 of 100 writes are in PostgreSQL within " + Answer.millis(lag.p95());
    return new Component(
        CONSISTENCY,
        late || waits ? Status.DEGRADED : Status.HEALTHY,
        Optional.empty(),
        late || waits
            ? figures
                + (late ? "" : ", and writes wait for " + Answer.millis(backlog.oldestAge()))
                + "; the window is "
                + Answer.millis(window)
                + ": look at PostgreSQL's I/O and at locks on agents.state"
            : figures);
  }

  private Component backlog(Backlog backlog) {
    Status status = Status.HEALTHY;
    if (backlog.oldestAge().compareTo(STUCK) > 0) {
      status = Status.UNHEALTHY;
    } else if (backlog.oldestAge().compareTo(window.multipliedBy(10)) > 0) {
      status = Status.DEGRADED;
    }
    String figures =
        backlog.isEmpty()
            ? "nothing waits in the journal"
            : "%d entries of about %d bytes wait, the oldest for %s"
                .formatted(backlog.messages(), backlog.bytes(), Answer.millis(backlog.oldestAge()));
    return new Component(
        name(),
        status,
        Optional.empty(),
        status == Status.HEALTHY
            ? figures
            : figures
                + ": bring PostgreSQL back, or see in the log why the flush is refused; the writes"
                + " are kept meanwhile");
  }
}
