package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The faults of one kind of call. Probabilities are drawn from the seed in the order of the calls,
 * so that the same calls in the same order meet the same faults. Each method returns this object.
 * Thread-safe.
 */
public final class CallFaults {

  private enum Fault {
    NONE,
    LOST_REQUEST,
    LOST_ACKNOWLEDGEMENT,
    CONFLICT
  }

  private final Call call;
  private final Random random;
  private final Deque<Fault> next = new ArrayDeque<>();
  private final Deque<Gate> gatesBefore = new ArrayDeque<>();
  private final Deque<Gate> gatesAfter = new ArrayDeque<>();
  private double lostRequests;
  private double lostAcknowledgements;
  private double conflicts;
  private Duration leastLatency = Duration.ZERO;
  private Duration mostLatency = Duration.ZERO;
  private long count;

  CallFaults(Call call, long seed) {
    this.call = call;
    this.random = new Random(seed * 31 + call.name().hashCode());
  }

  /** This share of the calls, from 0 to 1, fails as {@code CONNECTION_FAILED} and does nothing. */
  public synchronized CallFaults loseRequests(double share) {
    lostRequests = share;
    return this;
  }

  /** This share of the calls, from 0 to 1, is carried out and then fails all the same. */
  public synchronized CallFaults loseAcknowledgements(double share) {
    lostAcknowledgements = share;
    return this;
  }

  /** This share of the calls, from 0 to 1, fails as {@code VERSION_CONFLICT} and does nothing. */
  public synchronized CallFaults conflicts(double share) {
    conflicts = share;
    return this;
  }

  /** The next calls, this many, fail as {@code CONNECTION_FAILED} and do nothing. */
  public CallFaults loseNextRequests(int calls) {
    return plan(Fault.LOST_REQUEST, calls);
  }

  /** The next calls, this many, are carried out and then fail all the same. */
  public CallFaults loseNextAcknowledgements(int calls) {
    return plan(Fault.LOST_ACKNOWLEDGEMENT, calls);
  }

  /** The next calls, this many, fail as {@code VERSION_CONFLICT} and do nothing. */
  public CallFaults conflictNext(int calls) {
    return plan(Fault.CONFLICT, calls);
  }

  /** The next calls, this many, meet no fault; for what is planned after them. */
  public CallFaults passNext(int calls) {
    return plan(Fault.NONE, calls);
  }

  /** Each call first waits a time between these two. */
  public synchronized CallFaults latency(Duration least, Duration most) {
    leastLatency = least;
    mostLatency = most;
    return this;
  }

  /** Holds the next call before it is carried out. */
  public synchronized Gate pauseBefore() {
    Gate gate = new Gate();
    gatesBefore.add(gate);
    return gate;
  }

  /** Holds the next call after it was carried out, before its caller learns of it. */
  public synchronized Gate pauseAfter() {
    Gate gate = new Gate();
    gatesAfter.add(gate);
    return gate;
  }

  /** How many calls there were, with those that failed. */
  public synchronized long count() {
    return count;
  }

  /** Ends all faults of this call and lets go who is held. */
  synchronized void clear() {
    lostRequests = 0;
    lostAcknowledgements = 0;
    conflicts = 0;
    leastLatency = Duration.ZERO;
    mostLatency = Duration.ZERO;
    next.clear();
    gatesBefore.forEach(Gate::release);
    gatesAfter.forEach(Gate::release);
    gatesBefore.clear();
    gatesAfter.clear();
  }

  /**
   * Applies the faults before a call.
   *
   * @return whether the acknowledgement is to be lost
   */
  boolean before() {
    Fault fault;
    Duration latency;
    Optional<Gate> gate;
    synchronized (this) {
      count++;
      fault = draw();
      latency = drawLatency();
      gate = Optional.ofNullable(gatesBefore.poll());
    }
    gate.ifPresent(held -> held.hold(call));
    if (!latency.isZero()) {
      pause(latency);
    }
    if (fault == Fault.LOST_REQUEST) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          call + ": injected fault: the request was lost; nothing was applied");
    }
    if (fault == Fault.CONFLICT) {
      throw new TransientPersistenceException(
          DataError.VERSION_CONFLICT, call + ": injected conflict; nothing was applied");
    }
    return fault == Fault.LOST_ACKNOWLEDGEMENT;
  }

  /** Applies the faults after a call that was carried out. */
  void after(boolean lostAcknowledgement) {
    Optional<Gate> gate;
    synchronized (this) {
      gate = Optional.ofNullable(gatesAfter.poll());
    }
    gate.ifPresent(held -> held.hold(call));
    if (lostAcknowledgement) {
      throw new TransientPersistenceException(
          call == Call.PUBLISH ? DataError.OUTCOME_UNKNOWN : DataError.CONNECTION_FAILED,
          call + ": injected fault: the acknowledgement was lost");
    }
  }

  private synchronized CallFaults plan(Fault fault, int calls) {
    for (int i = 0; i < calls; i++) {
      next.add(fault);
    }
    return this;
  }

  private Fault draw() {
    double drawn = random.nextDouble();
    Fault planned = next.poll();
    if (planned != null) {
      return planned;
    }
    if (drawn < lostRequests) {
      return Fault.LOST_REQUEST;
    }
    if (drawn < lostRequests + lostAcknowledgements) {
      return Fault.LOST_ACKNOWLEDGEMENT;
    }
    return drawn < lostRequests + lostAcknowledgements + conflicts ? Fault.CONFLICT : Fault.NONE;
  }

  private Duration drawLatency() {
    long span = mostLatency.minus(leastLatency).toNanos();
    return span > 0 ? leastLatency.plusNanos((long) (random.nextDouble() * span)) : leastLatency;
  }

  private void pause(Duration time) {
    try {
      boolean never = new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
      assert !never;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, call + ": interrupted in its latency", e);
    }
  }
}
