package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Acknowledgement;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.Streams.RunningConsumer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a consumer that keeps the order may do: fetch nothing, collect what was delivered before, or
 * go on. One process at a time may, under a lease.
 *
 * <p>What was delivered before and not acknowledged is delivered again when its time is over. Until
 * then the server delivers later messages first, and then it delivers what is due by the time at
 * which it became due, not by its place in the stream: a process that reports progress puts off one
 * message after the other, and is killed between two of them. So a process that begins, or has lost
 * its connection, waits until all of that is due, and then collects all of it before it begins with
 * any.
 *
 * <p>It has all of it when the server waits for no acknowledgement but those of messages that are
 * here. The counts can be compared because messages that are here, were not answered, and are not
 * beyond the last that the server has delivered are among those that the server waits for: one that
 * is killed may forget its last deliveries, but none of those before them. Where the answers given
 * here change while the server is asked, it is asked again.
 *
 * <p>Used by one thread, except {@link #mayHandle}.
 */
final class OrderGate {

  private static final Logger LOG = LoggerFactory.getLogger(OrderGate.class);

  private static final Duration BETWEEN_REQUESTS = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final ConsumerPlan plan;
  private final boolean ordered;
  private final StreamStore store;
  private final Lease lease;
  private Phase phase = Phase.CLOSED;
  private Deadline nextRequest = Deadline.after(Duration.ZERO);
  private Deadline look = Deadline.after(Duration.ZERO);
  private Deadline end = Deadline.after(Duration.ZERO);
  private int missing;

  /** What may be done. */
  enum Phase {
    /** Nothing is fetched. */
    CLOSED,
    /** Nothing is fetched until what was delivered before is due. */
    WAITING,
    /** What was delivered before is fetched, and none of it begun. */
    COLLECTING,
    /** Messages are fetched and handled. */
    OPEN
  }

  private OrderGate(ConsumerPlan plan, boolean ordered, StreamStore store, OrderLeases leases) {
    this.plan = plan;
    this.ordered = ordered;
    this.store = store;
    this.lease = leases.of(plan);
  }

  static OrderGate of(ConsumerPlan plan, Options options, StreamStore store, OrderLeases leases) {
    boolean shared = plan.name().isPresent() && plan.acknowledgement() == Acknowledgement.EXPLICIT;
    return new OrderGate(plan, options.ordered() && shared, store, leases);
  }

  /**
   * Returns what may be done now.
   *
   * @param here the sequences of the messages that this process holds and has not answered
   */
  Phase phase(Supplier<Set<Long>> here) {
    if (!ordered) {
      return Phase.OPEN;
    }
    if (!hold()) {
      phase = Phase.CLOSED;
    } else if (phase == Phase.COLLECTING || (phase != Phase.OPEN && look.hasPassed())) {
      look(here);
    }
    return phase;
  }

  /** How many messages are still to be collected, as far as is known. */
  int missing() {
    return missing;
  }

  /** Whether this process may begin to handle what it holds. Thread-safe. */
  boolean mayHandle() {
    return !ordered || lease.isHeld();
  }

  /** The connection was lost, and with it what was on its way. */
  void lost() {
    phase = Phase.CLOSED;
  }

  private void look(Supplier<Set<Long>> here) {
    look = Deadline.after(LOOK);
    missing = 0;
    Set<Long> before = here.get();
    Optional<RunningConsumer> consumer =
        store.findConsumer(plan.stream(), plan.name().orElseThrow());
    if (!before.equals(here.get())) {
      return;
    }
    long elsewhere = consumer.map(found -> elsewhere(found, before)).orElse(0L);
    if (elsewhere == 0) {
      phase = Phase.OPEN;
      return;
    }
    switch (phase) {
      case CLOSED -> {
        LOG.info(
            "{}: {} messages that were delivered before are waited for, up to {}",
            plan,
            elsewhere,
            plan.ackWait());
        next(Phase.WAITING);
      }
      case WAITING -> {
        if (end.hasPassed()) {
          next(Phase.COLLECTING);
          missing = (int) Math.min(elsewhere, Integer.MAX_VALUE);
        }
      }
      default -> {
        missing = (int) Math.min(elsewhere, Integer.MAX_VALUE);
        if (end.hasPassed()) {
          LOG.warn(
              "{}: {} messages that were delivered before did not come again within {}: another"
                  + " process holds them and does not keep the order. They come out of order",
              plan,
              elsewhere,
              plan.ackWait());
          phase = Phase.OPEN;
        }
      }
    }
  }

  private void next(Phase next) {
    phase = next;
    end = Deadline.after(plan.ackWait().plus(LOOK));
  }

  private static long elsewhere(RunningConsumer consumer, Set<Long> here) {
    return consumer.unacknowledged()
        - here.stream().filter(sequence -> sequence <= consumer.delivered()).count();
  }

  private boolean hold() {
    if (lease.isHeld()) {
      return keep();
    }
    if (!nextRequest.hasPassed()) {
      return false;
    }
    nextRequest = Deadline.after(BETWEEN_REQUESTS);
    return lease.ask();
  }

  /** The lease holds on for its time while PostgreSQL is away. */
  private boolean keep() {
    try {
      return lease.hold();
    } catch (PersistenceException e) {
      if (!lease.isHeld()) {
        throw e;
      }
      return true;
    }
  }

  /** Lets another process begin. */
  void release() {
    lease.release();
  }
}
