package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.operations.Operations;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** The gauges of an open runtime. Closing stops the questions and removes the gauges. */
final class BoundFigures implements Gauges {

  private final List<Gauges> gauges;
  private final Questions questions;

  BoundFigures(
      MeterRegistry registry,
      Operations operations,
      ChangeFeed feed,
      StoreGuard guard,
      Optional<AgentLagGauges> agents,
      Duration interval) {
    ConsistencyGauges memories = new ConsistencyGauges(registry, operations.consistency());
    DeadLetterGauges letters = new DeadLetterGauges(registry, operations.deadLetters());
    ChangeFeedGauges changes = new ChangeFeedGauges(registry, feed);
    AlertGauges alerts = new AlertGauges(registry, operations.alerts());
    this.gauges =
        List.of(
            memories,
            letters,
            changes,
            alerts,
            new NoticeGauges(registry, operations, guard),
            new PoolGauges(registry, operations.pools()),
            new ReplicaGauges(registry, operations.pools()),
            new CacheGauges(registry, operations));
    this.questions =
        new Questions(
            interval,
            Stream.of(
                    agents.<Runnable>map(worst -> worst::show).stream(),
                    Stream.of(memories.question(), letters.question(), changes.question()),
                    alerts.questions().stream())
                .flatMap(Function.identity())
                .toList());
  }

  @Override
  public void close() {
    questions.close();
    gauges.forEach(Gauges::close);
  }
}
