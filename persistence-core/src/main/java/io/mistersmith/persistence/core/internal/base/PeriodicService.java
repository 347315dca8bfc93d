package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A service that takes a turn in each period, or only when it is woken, on threads that all such
 * services share. A turn that lasts holds up no other service: the {@link Workers} then have one
 * more thread.
 */
public final class PeriodicService extends Background {

  private static final long NEVER = Long.MAX_VALUE;

  private final Workers workers;
  private final long periodNanos;
  private volatile boolean started;

  // The fields below are guarded by the workers' lock.
  private long due;
  private boolean queued;
  private long queuedAt;
  private boolean again;
  private @Nullable Thread running;

  PeriodicService(
      Services services,
      Workers workers,
      Duration period,
      String name,
      String consequence,
      Work work) {
    super(services, name, consequence, work);
    this.workers = workers;
    this.periodNanos = period.toNanos();
  }

  @Override
  public void start() {
    workers.add(this);
    started = true;
    services.watch(this);
  }

  @Override
  public boolean isRunning() {
    return started && (isOpen() ? workers.areTicking() : workers.isRunning(this));
  }

  @Override
  boolean isBusy() {
    return workers.isDue(this);
  }

  @Override
  public void wake() {
    workers.wake(this);
  }

  @Override
  public void stop() {
    super.stop();
    workers.remove(this);
  }

  @Override
  public void interrupt() {
    stop();
    workers.interrupt(this);
  }

  @Override
  boolean awaitEnd(Duration patience) throws InterruptedException {
    return workers.awaitEnd(this, patience);
  }

  /** Whether no turn is due or under way. */
  boolean isWaiting() {
    return !queued && running == null;
  }

  boolean isQueued() {
    return queued;
  }

  @Nullable Thread running() {
    return running;
  }

  /** When the next turn is due, in nanoseconds since the workers' origin. */
  long due() {
    return due;
  }

  /**
   * Returns when the turn after one that ends now is due: at the next multiple of the period, so
   * that one wake-up of the workers serves many services, but half a period from now at least.
   */
  long dueAfter(long now) {
    if (periodNanos == 0) {
      return NEVER;
    }
    long next = (now / periodNanos + 1) * periodNanos;
    return next - now < periodNanos / 2 ? next + periodNanos : next;
  }

  /** Puts the next turn to its time, or to {@code rest} from now after a failure. */
  void schedule(long now, long rest) {
    due = rest > 0 ? now + rest : dueAfter(now);
  }

  void queue(long now) {
    queued = true;
    queuedAt = now;
  }

  /** When the turn that is not begun yet was due. */
  long queuedAt() {
    return queuedAt;
  }

  void begin(Thread thread) {
    queued = false;
    running = thread;
  }

  void end() {
    running = null;
  }

  /** Asks for another turn after the one under way. */
  void askAgain() {
    again = true;
  }

  /** Returns whether another turn was asked for, once. */
  boolean takeAgain() {
    boolean asked = again;
    again = false;
    return asked;
  }
}
