package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Acknowledgement;
import io.mistersmith.persistence.stream.ConsumerPlan.Start;
import io.mistersmith.persistence.stream.Streams.RunningConsumer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** A consumer with the rules of nats-server. Guarded by the {@link MessageStreams}. */
final class MessageConsumer {

  private final MessageStream stream;
  private ConsumerPlan plan;
  private final NavigableMap<Long, Pending> pending = new TreeMap<>();
  private final TreeSet<Long> first = new TreeSet<>();
  private long next;
  private long delivered;

  /** A delivery that waits for its acknowledgement until {@code due}. */
  private record Pending(int attempt, Instant due) {}

  /** A message that is delivered now. */
  record Delivery(Stored message, int attempt, long left) {}

  MessageConsumer(MessageStream stream, ConsumerPlan plan) {
    this.stream = stream;
    this.plan = plan;
    Start start = plan.start();
    if (start instanceof Start.New) {
      next = stream.lastSequence() + 1;
    } else if (start instanceof Start.LastOfEachSubject) {
      Map<String, Long> last = new LinkedHashMap<>();
      stream.log().values().stream()
          .filter(message -> wants(message.subject()))
          .forEach(message -> last.put(message.subject(), message.sequence()));
      first.addAll(last.values());
      next = stream.lastSequence() + 1;
    } else if (start instanceof Start.Sequence at) {
      next = at.sequence();
    } else if (start instanceof Start.Time at) {
      next =
          stream.log().values().stream()
              .filter(message -> !message.time().isBefore(at.time()))
              .findFirst()
              .map(Stored::sequence)
              .orElse(stream.lastSequence() + 1);
    } else {
      next = 1;
    }
  }

  ConsumerPlan plan() {
    return plan;
  }

  void change(ConsumerPlan now) {
    plan = now;
  }

  boolean wants(String subject) {
    return plan.filter().map(filter -> SubjectFilter.matches(filter, subject)).orElse(true);
  }

  /** Whether the message was delivered and acknowledged. */
  boolean hasDone(long sequence) {
    return sequence < next && !pending.containsKey(sequence) && !first.contains(sequence);
  }

  List<Delivery> deliver(int max, Instant now) {
    List<Delivery> found = new ArrayList<>();
    for (Map.Entry<Long, Pending> late : byDue()) {
      if (found.size() < max && !now.isBefore(late.getValue().due())) {
        Stored message = stream.log().get(late.getKey());
        if (message == null) {
          pending.remove(late.getKey());
        } else {
          found.add(deliver(message, late.getValue().attempt() + 1, now));
        }
      }
    }
    while (found.size() < max && pending.size() < mostPending()) {
      Optional<Stored> message = advance();
      if (message.isEmpty()) {
        break;
      }
      found.add(deliver(message.get(), 1, now));
    }
    return found;
  }

  /** Deliveries by the time at which they are due, as nats-server queues them. */
  private List<Map.Entry<Long, Pending>> byDue() {
    return pending.entrySet().stream()
        .sorted(Comparator.comparing(entry -> entry.getValue().due()))
        .toList();
  }

  private int mostPending() {
    return isAcknowledged() ? plan.maxAckPending() : Integer.MAX_VALUE;
  }

  private Delivery deliver(Stored message, int attempt, Instant now) {
    if (isAcknowledged()) {
      pending.put(message.sequence(), new Pending(attempt, now.plus(plan.ackWait())));
    }
    delivered = Math.max(delivered, message.sequence());
    return new Delivery(message, attempt, left());
  }

  private boolean isAcknowledged() {
    return plan.acknowledgement() == Acknowledgement.EXPLICIT;
  }

  private Optional<Stored> advance() {
    while (!first.isEmpty()) {
      Stored message = stream.log().get(first.pollFirst());
      if (message != null) {
        return Optional.of(message);
      }
    }
    Map.Entry<Long, Stored> candidate = stream.log().ceilingEntry(next);
    while (candidate != null) {
      next = candidate.getKey() + 1;
      if (wants(candidate.getValue().subject())) {
        return Optional.of(candidate.getValue());
      }
      candidate = stream.log().ceilingEntry(next);
    }
    return Optional.empty();
  }

  private long left() {
    return first.size()
        + stream.log().tailMap(next, true).values().stream()
            .filter(message -> wants(message.subject()))
            .count();
  }

  void acknowledge(Stored message) {
    if (pending.remove(message.sequence()) != null) {
      stream.acknowledged(message);
    }
  }

  /** Has the message delivered again at a time, unless it was acknowledged. */
  void due(long sequence, Instant time) {
    pending.computeIfPresent(sequence, (same, before) -> new Pending(before.attempt(), time));
  }

  void inProgress(long sequence, Instant now) {
    due(sequence, now.plus(plan.ackWait()));
  }

  void removed(long sequence) {
    pending.remove(sequence);
    first.remove(sequence);
  }

  RunningConsumer running() {
    return new RunningConsumer(
        plan.name().orElse(""),
        left(),
        pending.size(),
        pending.values().stream().filter(each -> each.attempt() > 1).count(),
        delivered,
        pending.isEmpty() ? delivered : pending.firstKey() - 1);
  }
}
