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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a consumer that keeps the order may fetch.
 *
 * <p>One process at a time may, under a lease. What was delivered before and not acknowledged is
 * delivered again when its time is over, and until then the server delivers later messages first.
 * So a process that begins, or has lost its connection, waits until all of that is due: the server
 * then delivers it first, in order. Used by one thread.
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
  private Deadline allDue = Deadline.after(Duration.ZERO);
  private Deadline look = Deadline.after(Duration.ZERO);
  private boolean open;
  private boolean waiting;

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
   * Whether to fetch now.
   *
   * @param here how many messages this process holds
   */
  boolean isOpen(int here) {
    if (!ordered) {
      return true;
    }
    if (!hold()) {
      open = false;
      waiting = false;
      return false;
    }
    if (!open) {
      open = isAllDue(here);
    }
    return open;
  }

  /** Whether this process may begin to handle what it holds. */
  boolean mayHandle() {
    return !ordered || lease.isHeld();
  }

  /** The connection was lost, and with it what was on its way. */
  void lost() {
    open = false;
    waiting = false;
  }

  private boolean isAllDue(int here) {
    if (!look.hasPassed()) {
      return false;
    }
    look = Deadline.after(LOOK);
    long elsewhere =
        store
            .findConsumer(plan.stream(), plan.name().orElseThrow())
            .map(RunningConsumer::unacknowledged)
            .orElse(0L);
    if (elsewhere <= here) {
      return true;
    }
    if (!waiting) {
      waiting = true;
      allDue = Deadline.after(plan.ackWait().plus(LOOK));
      LOG.info(
          "{}: {} messages that were delivered before are waited for, up to {}",
          plan,
          elsewhere - here,
          plan.ackWait());
    }
    return allDue.hasPassed();
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
