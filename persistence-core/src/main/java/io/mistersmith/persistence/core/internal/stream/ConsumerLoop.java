package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.stream.MessageHandling.Outcome;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Fetcher;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer with three parts: one thread fetches, others handle, and a service tells the server
 * what is still in progress. Thread-safe.
 *
 * <p>It fetches no more than it can begin to handle, since each delivery counts as an attempt, also
 * of a message that waits in a process that is killed. Only where the order is kept does it hold
 * more: the later messages of a subject wait for the earlier ones.
 */
final class ConsumerLoop<T> implements StreamConsumer {

  private static final Logger LOG = LoggerFactory.getLogger(ConsumerLoop.class);

  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration CLOSED_LOOK = Duration.ofMillis(250);
  private static final Duration AFTER_LOST_LETTER = Duration.ofSeconds(5);
  private static final Duration STOP = Duration.ofSeconds(2);
  private static final long WAIT_MILLIS = 20;

  private final MessageHandling<T> handling;
  private final ConsumerPlan plan;
  private final DeadLetterStream deadLetters;
  private final OrderGate gate;
  private final MemoryStreams memory;
  private final boolean ordered;
  private final int capacity;
  private final Consumer<ConsumerLoop<?>> closed;
  private final SubjectOrder messages;
  private final Fetcher fetcher;
  private final ThreadPoolExecutor threads;
  private final LoopService fetches;
  private final PeriodicService progress;

  ConsumerLoop(
      StreamStore store,
      DeadLetterStream deadLetters,
      Services services,
      OrderGate gate,
      MessageHandling<T> handling,
      Options options,
      MemoryStreams memory,
      Consumer<ConsumerLoop<?>> closed) {
    this.handling = handling;
    this.plan = handling.plan();
    this.deadLetters = deadLetters;
    this.gate = gate;
    this.memory = memory;
    this.ordered = options.ordered();
    this.capacity = ordered ? plan.maxBatch() : Math.min(plan.maxBatch(), options.concurrency());
    this.closed = closed;
    this.messages = new SubjectOrder(ordered);
    this.fetcher = store.fetcher(plan);
    String name = "persistence-consumer-" + handling.consumer() + "-" + NAMES.incrementAndGet();
    this.threads = LibraryThreads.onDemand(name, options.concurrency());
    this.fetches =
        services.loop(
            name + "-fetch",
            "no messages of stream " + plan.stream() + " are handled",
            this::fetch);
    this.progress =
        services.every(
            plan.ackWait().dividedBy(3),
            name + "-progress",
            "messages that are being handled are delivered again",
            this::tellProgress);
  }

  void start() {
    if (handling.isAcknowledged()) {
      progress.start();
    }
    fetches.start();
  }

  private void fetch() {
    retryDue();
    if (!gate.mayHandle()) {
      giveBack();
    }
    OrderGate.Phase phase = gate.phase(this::unanswered);
    if (phase == OrderGate.Phase.CLOSED) {
      giveBack();
    } else if (phase == OrderGate.Phase.OPEN) {
      begin().forEach(this::submit);
    }
    int room = gate.room(capacity - size());
    if (room <= 0) {
      boolean unused = fetches.pause(phase == OrderGate.Phase.OPEN ? LOOK : CLOSED_LOOK);
      return;
    }
    List<Delivered> delivered;
    try {
      delivered = fetcher.fetch(room, LOOK);
    } catch (PersistenceException e) {
      gate.lost();
      memory.lookAfter(e);
      throw e;
    }
    if (phase == OrderGate.Phase.COLLECTING) {
      collect(delivered);
    } else {
      delivered.stream()
          .sorted(Comparator.comparingLong(each -> each.message().sequence()))
          .forEach(this::accept);
    }
  }

  private synchronized Set<Long> unanswered() {
    return messages.unanswered();
  }

  private synchronized List<HeldMessage> begin() {
    return messages.begin();
  }

  private synchronized void collect(List<Delivered> delivered) {
    delivered.forEach(each -> messages.collect(new HeldMessage(each)));
  }

  private synchronized int size() {
    return messages.size();
  }

  private void accept(Delivered delivered) {
    Optional<HeldMessage> first;
    synchronized (this) {
      first = messages.add(new HeldMessage(delivered));
    }
    first.ifPresent(this::submit);
  }

  private void submit(HeldMessage message) {
    threads.execute(() -> run(message));
  }

  private void run(HeldMessage message) {
    if ((!fetches.isOpen() || !gate.mayHandle()) && message.giveBack()) {
      back(message);
      return;
    }
    if (!message.begin()) {
      return;
    }
    Outcome outcome;
    try {
      outcome = handling.handle(message.message(), message.attempt());
    } finally {
      message.end();
    }
    if (outcome instanceof Outcome.Done) {
      acknowledge(message);
    } else if (outcome instanceof Outcome.Retry retry) {
      retry(message, retry.delay());
    } else if (outcome instanceof Outcome.GiveUp given) {
      giveUp(message, given.reason());
    }
  }

  private void acknowledge(HeldMessage message) {
    message.answer();
    var unused =
        message
            .delivered()
            .acknowledge()
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    LOG.debug("{}: message {} may come again", plan, message.sequence(), failure);
                  }
                  release(message);
                });
  }

  /** Where the order is kept the message stays here, in front of those after it. */
  private void retry(HeldMessage message, Duration delay) {
    if (!fetches.isOpen()) {
      back(message);
    } else if (ordered && handling.isAcknowledged()) {
      message.waitUntil(System.nanoTime() + delay.toNanos());
    } else {
      message.delivered().retryAfter(delay);
      release(message);
    }
  }

  /** Keeps the message as a dead letter, and acknowledges it once that is stored. */
  private void giveUp(HeldMessage message, String reason) {
    if (!handling.isAcknowledged() || plan.name().isEmpty()) {
      LOG.warn("{}: message {} was not handled: {}", plan, message.sequence(), reason);
      acknowledge(message);
      return;
    }
    LOG.warn(
        "{}: message {} becomes a dead letter after {} attempts: {}",
        plan,
        message.sequence(),
        message.attempt(),
        reason);
    var unused =
        deadLetters
            .add(plan.stream(), handling.consumer(), message.message(), message.attempt(), reason)
            .whenComplete(
                (stored, failure) -> {
                  if (failure == null) {
                    acknowledge(message);
                  } else {
                    LOG.warn(
                        "{}: message {} cannot be kept as a dead letter, it is tried again: {}",
                        plan,
                        message.sequence(),
                        failure.toString());
                    retry(message, AFTER_LOST_LETTER);
                  }
                });
  }

  private void back(HeldMessage message) {
    message.delivered().retryAfter(Duration.ZERO);
    release(message);
  }

  private void release(HeldMessage message) {
    Optional<HeldMessage> next;
    synchronized (this) {
      next = messages.remove(message);
    }
    next.ifPresent(this::submit);
    fetches.wake();
  }

  private void retryDue() {
    long now = System.nanoTime();
    for (HeldMessage message : all()) {
      if (message.takeDue(now)) {
        submit(message);
      }
    }
  }

  private synchronized List<HeldMessage> all() {
    return messages.all();
  }

  private void tellProgress() {
    all().forEach(message -> message.delivered().inProgress());
  }

  @Override
  public int running() {
    return (int) all().stream().filter(HeldMessage::isRunning).count();
  }

  @Override
  public int close(Duration patience) {
    return close(List.of(this), patience);
  }

  /** Closes consumers together: none goes on fetching while another one finishes its messages. */
  static int close(List<ConsumerLoop<?>> consumers, Duration patience) {
    Deadline deadline = Deadline.after(patience);
    consumers.forEach(consumer -> consumer.fetches.stop());
    for (ConsumerLoop<?> consumer : consumers) {
      boolean unused = consumer.fetches.close(LOOK.multipliedBy(4));
      consumer.fetcher.close();
      consumer.giveBack();
    }
    consumers.forEach(consumer -> consumer.awaitEnd(deadline));
    Map<ConsumerLoop<?>, Integer> left = new HashMap<>();
    for (ConsumerLoop<?> consumer : consumers) {
      left.put(consumer, consumer.running());
      consumer.all().forEach(HeldMessage::interrupt);
    }
    Deadline stop = Deadline.after(STOP);
    consumers.forEach(consumer -> consumer.awaitEnd(stop));
    consumers.forEach(ConsumerLoop::end);
    return left.values().stream().mapToInt(Integer::intValue).sum();
  }

  private void giveBack() {
    List<HeldMessage> notBegun = all().stream().filter(HeldMessage::giveBack).toList();
    notBegun.forEach(this::back);
  }

  private void awaitEnd(Deadline deadline) {
    while (size() > 0 && !deadline.hasPassed()) {
      try {
        TimeUnit.MILLISECONDS.sleep(WAIT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void end() {
    threads.shutdownNow();
    boolean unused = progress.close(STOP);
    gate.release();
    closed.accept(this);
  }
}
