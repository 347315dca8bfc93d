package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.LifecycleChanged;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.stream.StreamPlan;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what agents do now: {@code agents.lifecycle.<agent>} and {@code
 * agents.heartbeat.<agent>}. Each is published at most once; what comes faster than it can be sent,
 * or while NATS is away, is dropped. Thread-safe.
 */
public final class Announcements {

  private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);

  private static final int WAITING = 10_000;

  private final StreamStore streams;
  private final Queue<Outgoing> waiting = new ArrayBlockingQueue<>(WAITING);
  private final LongAdder dropped = new LongAdder();
  private volatile boolean isMissing = true;

  /** Announcements to the stream of agents' state, by {@link #send}. */
  public Announcements(StreamStore streams) {
    this.streams = streams;
  }

  /** Takes a change of an agent's lifecycle. Does not wait. */
  public void lifecycle(LifecycleChanged change) {
    offer(
        "agents.lifecycle.",
        change.agent(),
        Map.of(
            "agent_id",
            change.agent().uuid().toString(),
            "from",
            change.from().name(),
            "to",
            change.to().name(),
            "cause",
            change.cause().name(),
            "timestamp",
            seconds(change.at())));
  }

  /** Takes heartbeats of agents, which PostgreSQL has. Does not wait. */
  public void heartbeats(Map<AgentId, Instant> heartbeats) {
    heartbeats.forEach(
        (agent, at) ->
            offer(
                "agents.heartbeat.",
                agent,
                Map.of("agent_id", agent.uuid().toString(), "timestamp", seconds(at))));
  }

  private static double seconds(Instant at) {
    return at.getEpochSecond() + at.getNano() / 1e9;
  }

  private void offer(String subject, AgentId agent, Map<String, Object> payload) {
    Outgoing message =
        new Outgoing(
            ChangeMessages.STATE,
            subject + agent.uuid(),
            Optional.empty(),
            Map.of(),
            Json.mapping(Object.class).encode(payload));
    if (!waiting.offer(message)) {
      dropped.increment();
    }
  }

  /** Publishes what waits. May wait for NATS. */
  public void send() {
    try {
      ensureStream();
      for (Outgoing message = waiting.poll(); message != null; message = waiting.poll()) {
        var unused = streams.publish(message).whenComplete((sent, failure) -> ended(failure));
      }
    } catch (PersistenceException e) {
      dropped.add(1 + waiting.size());
      waiting.clear();
      LOG.info("announcements of agents were not published: {}", e.getMessage());
    }
  }

  private void ended(@Nullable Throwable failure) {
    if (failure != null) {
      dropped.increment();
      if (Failures.cause(failure) instanceof PersistenceException typed
          && typed.error() == DataError.NOT_FOUND) {
        isMissing = true;
      }
    }
  }

  private void ensureStream() {
    if (isMissing) {
      isMissing = false;
      if (streams.find(ChangeMessages.STATE).isEmpty()) {
        LOG.info("created {}", streams.apply(StreamPlan.agentState()));
      }
    }
  }

  /** Returns how many announcements were not published. */
  public long dropped() {
    return dropped.sum();
  }
}
