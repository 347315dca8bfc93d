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
 * Decides what a consumer that keeps the order may do. One process at a time consumes, under a
 * lease.
 *
 * <p>nats-server delivers a message again that was not acknowledged in time ({@code checkPending}
 * in its {@code server/consumer.go}). Until then it delivers later messages first. Afterwards it
 * goes by the time at which each message became due, not by its place in the stream: a process that
 * reports progress postpones one message after the other, and may be killed between two of them. So
 * a process that takes over, or has lost its connection, waits until all earlier deliveries are
 * due, collects all of them, and only then begins with the first.
 *
 * <p>All are here once the server waits for no acknowledgement but those of messages that are here.
 * It tells their number alone. That suffices, because it waits for each message that is here and
 * not answered, except those beyond the last delivery that it knows of: a server that is killed may
 * forget its last deliveries. When messages are answered here while the server is asked, the number
 * says nothing, and it is asked again.
 *
 * <p>While a lease is not held, another process may have handled messages. So what was not begun is
 * given back after every such time, even when this process gets the lease again.
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
  private Deadline nextRequest = Deadline.after(Duration.ZERO);
  private Deadline nextLook = Deadline.after(Duration.ZERO);
  private Deadline end = Deadline.after(Duration.ZERO);
  private Phase phase;
  private int missing;
  private volatile boolean lapsed;

  /** What may be done. */
  enum Phase {
    /** Nothing is fetched, and what was not begun is given back. */
    CLOSED,
    /** Nothing is fetched until it is known what was delivered before. */
    CHECKING,
    /** Nothing is fetched until what was delivered before is due. */
    WAITING,
    /** What was delivered before is fetched, and none of it begun. */
    COLLECTING {
      @Override
      int room(int missing, int free) {
        return missing;
      }
    },
    /** Messages are fetched and handled. */
    OPEN {
      @Override
      int room(int missing, int free) {
        return free;
      }
    };

    int room(int missing, int free) {
      return 0;
    }
  }

  OrderGate(ConsumerPlan plan, boolean ordered, StreamStore store, Lease lease) {
    this.plan = plan;
    this.ordered = ordered;
    this.store = store;
    this.lease = lease;
    this.phase = ordered ? Phase.CLOSED : Phase.OPEN;
  }

  static OrderGate of(ConsumerPlan plan, Options options, StreamStore store, OrderLeases leases) {
    boolean shared = plan.name().isPresent() && plan.acknowledgement() == Acknowledgement.EXPLICIT;
    return new OrderGate(plan, options.ordered() && shared, store, leases.of(plan));
  }

  /**
   * Returns what may be done now.
   *
   * @param here the sequences of the messages that this process holds and has not answered
   */
  Phase phase(Supplier<Set<Long>> here) {
    if (!ordered) {
      return phase;
    }
    if (!hold() || (lapsed && phase != Phase.CLOSED)) {
      lapsed = false;
      phase = Phase.CLOSED;
      return phase;
    }
    if (phase == Phase.CLOSED) {
      lapsed = false;
      phase = Phase.CHECKING;
    }
    if (phase == Phase.COLLECTING || (phase != Phase.OPEN && nextLook.hasPassed())) {
      look(here);
    }
    return phase;
  }

  /** Returns how many messages may be fetched in this phase, where so many more have a place. */
  int room(int free) {
    return phase.room(missing, free);
  }

  /** Whether this process may begin to handle what it holds. Thread-safe. */
  boolean mayHandle() {
    boolean may = !ordered || lease.isHeld();
    if (!may) {
      lapsed = true;
    }
    return may;
  }

  /** The connection was lost, and with it what was on its way. */
  void lost() {
    if (ordered && phase != Phase.CLOSED) {
      phase = Phase.CHECKING;
    }
  }

  private void look(Supplier<Set<Long>> here) {
    nextLook = Deadline.after(LOOK);
    missing = 0;
    Set<Long> before = here.get();
    Optional<RunningConsumer> consumer =
        store.findConsumer(plan.stream(), plan.name().orElseThrow());
    if (!before.equals(here.get())) {
      return;
    }
    long elsewhere = consumer.map(found -> elsewhere(found, before)).orElse(0L);
    if (elsewhere <= 0) { // less: messages that are here were removed from the stream
      phase = Phase.OPEN;
    } else if (phase == Phase.CHECKING) {
      LOG.info(
          "{}: {} messages that were delivered before are waited for, up to {}",
          plan,
          elsewhere,
          plan.ackWait());
      begin(Phase.WAITING);
    } else if (phase == Phase.WAITING && end.hasPassed()) {
      begin(Phase.COLLECTING);
    } else if (phase == Phase.COLLECTING && end.hasPassed()) {
      LOG.warn(
          "{}: {} messages that were delivered before did not come again within {}, and may come"
              + " out of order; look for a consumer of this name that does not keep the order",
          plan,
          elsewhere,
          plan.ackWait());
      phase = Phase.OPEN;
    }
    missing = (int) Math.min(Math.max(elsewhere, 0), Integer.MAX_VALUE);
  }

  private void begin(Phase next) {
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
