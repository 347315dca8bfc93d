package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Whether JetStream answers, how fast, and what the bucket of agent state holds. */
final class KvCheck implements ComponentCheck {

  private static final Duration SLOW = Duration.ofMillis(50);

  private final HotBucket bucket;
  private final Ticker ticker;

  KvCheck(HotBucket bucket, Ticker ticker) {
    this.bucket = bucket;
    this.ticker = ticker;
  }

  @Override
  public String name() {
    return "jetstream_kv";
  }

  @Override
  public List<Component> unanswered(String why) {
    return List.of(
        new Component(
            name(),
            Status.UNHEALTHY,
            Optional.empty(),
            why
                + ": start nats-server, or correct its address or the rights of this user. The"
                + " connection is being retried"));
  }

  @Override
  public List<Component> check() {
    Answer<BucketState> answer = Answer.of(ticker, SLOW, bucket.journal()::state);
    boolean slow = answer.latency().compareTo(SLOW) > 0;
    BucketState state = answer.value();
    Duration maxAge = bucket.reads().maxAge();
    String reason =
        "answered in %s; bucket %s has %d entries in %d bytes, %s%s"
            .formatted(
                Answer.millis(answer.latency()),
                bucket.name(),
                state.subjects(),
                state.bytes(),
                maxAge.isZero() ? "which stay until they are flushed and idle" : "for " + maxAge,
                slow
                    ? "; more than 50 ms: look at the load and the disk of nats-server, and at the"
                        + " network to it"
                    : "");
    return List.of(
        new Component(
            name(),
            slow ? Status.DEGRADED : Status.HEALTHY,
            Optional.of(answer.latency()),
            reason));
  }
}
