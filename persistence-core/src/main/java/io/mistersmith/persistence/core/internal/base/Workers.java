package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of all periodic services of one runtime: one that looks what is due, and as many as
 * turns are under way.
 *
 * <p>One worker takes all turns that are due together. A turn that is not begun within {@link
 * #HELD_UP}, because the workers' turns last, gets one more worker, so that a service that waits
 * for a store holds up no other. There are never more workers than services. Workers that are not
 * needed end after a while; with the last service all threads end. Thread-safe.
 */
final class Workers {

  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

  /** How long a turn that is due waits for the turns before it. */
  private static final long HELD_UP = TimeUnit.MILLISECONDS.toNanos(50);

  /** How long a thread stays that has nothing to do, in real time. */
  private static final long KEPT = TimeUnit.SECONDS.toNanos(5);

  private static final long LONGEST = TimeUnit.HOURS.toNanos(1);
  private static final long AFTER_FAILURE = TimeUnit.MILLISECONDS.toNanos(100);

  private static final String IDLE = "persistence-worker-";

  private final Services services;
  private final Ticker ticker;
  private final long origin;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition ready = lock.newCondition();
  private final Condition ended = lock.newCondition();
  private final AtomicInteger names = new AtomicInteger();
  private final Set<PeriodicService> open = new HashSet<>();
  private final Queue<PeriodicService> queue = new ArrayDeque<>();
  private volatile @Nullable Thread ticking;
  private volatile long tickFailures;
  private long nextTick;
  private boolean signalled;
  private int workers;
  private int idle;

  Workers(Services services) {
    this.services = services;
    this.ticker = services.ticker();
    this.origin = ticker.nanos();
  }

  /** Begins with a service. Throws the JVM's Error if it can make no thread, and has not begun. */
  void add(PeriodicService service) {
    lock.lock();
    try {
      if (!service.isOpen()) {
        return;
      }
      if (!areTicking()) {
        Thread thread = LibraryThreads.thread("persistence-ticker", this::tickUntilAllEnd);
        thread.start();
        ticking = thread;
      }
      if (open.add(service)) {
        service.schedule(now(), 0);
        signalTicker(service.due());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets a service; the turn under way goes on. */
  void remove(PeriodicService service) {
    lock.lock();
    try {
      open.remove(service);
      queue.remove(service);
      if (open.isEmpty()) {
        changed.signalAll();
        ready.signalAll();
      }
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void wake(PeriodicService service) {
    lock.lock();
    try {
      if (!open.contains(service) || service.isQueued()) {
        return;
      }
      if (service.running() != null) {
        service.askAgain();
      } else {
        enqueue(service);
        employ(false);
        signalTicker(now() + HELD_UP);
      }
    } finally {
      lock.unlock();
    }
  }

  void interrupt(PeriodicService service) {
    lock.lock();
    try {
      Thread thread = service.running();
      if (thread != null) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the end of the turn under way, in real time; its own turn counts as ended. */
  boolean awaitEnd(PeriodicService service, Duration patience) throws InterruptedException {
    long left = Math.max(1, patience.toNanos());
    lock.lockInterruptibly();
    try {
      while (service.running() != null && service.running() != Thread.currentThread() && left > 0) {
        left = ended.awaitNanos(left);
      }
      return service.running() == null || service.running() == Thread.currentThread();
    } finally {
      lock.unlock();
    }
  }

  boolean areTicking() {
    Thread thread = ticking;
    return thread != null && thread.isAlive();
  }

  boolean haveThreads() {
    lock.lock();
    try {
      return workers > 0 || areTicking();
    } finally {
      lock.unlock();
    }
  }

  boolean isRunning(PeriodicService service) {
    lock.lock();
    try {
      return service.running() != null;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether a turn of the service is due or under way. */
  boolean isDue(PeriodicService service) {
    lock.lock();
    try {
      return !service.isWaiting();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether no turn is due or under way. */
  boolean areQuiet() {
    lock.lock();
    try {
      long now = now();
      return open.stream().allMatch(service -> service.isWaiting() && service.due() > now);
    } finally {
      lock.unlock();
    }
  }

  private void tickUntilAllEnd() {
    while (true) {
      try {
        if (!tick()) {
          return;
        }
      } catch (Throwable e) {
        tickFailed(e);
      }
    }
  }

  /** Whatever it is (no memory, no threads, a clock), what is due stays so. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // how often to log need not be exact
  private void tickFailed(Throwable cause) {
    try {
      tickFailures++;
      if (Long.bitCount(tickFailures) == 1) {
        LOG.error(
            "the background services were not looked after, {} times until now; they are again in"
                + " a moment",
            tickFailures,
            cause);
      }
      stranded().forEach(service -> service.notRun(cause));
    } catch (Throwable e) {
      // The report failed for the same reason. The next one says it.
    } finally {
      LockSupport.parkNanos(AFTER_FAILURE);
    }
  }

  /** Returns the services whose turns are due and for which there is no thread at all. */
  private List<PeriodicService> stranded() {
    lock.lock();
    try {
      return workers == 0 ? List.copyOf(queue) : List.of();
    } finally {
      lock.unlock();
    }
  }

  /** Lets begin what is due, and waits; returns false when there are no services any more. */
  private boolean tick() {
    lock.lock();
    try {
      if (open.isEmpty()) {
        ticking = null;
        return false;
      }
      long now = now();
      PeriodicService first = queue.peek();
      boolean heldUp = first != null && first.queuedAt() + HELD_UP <= now;
      long next = now + LONGEST;
      for (PeriodicService service : open) {
        if (service.isWaiting() && service.due() <= now) {
          enqueue(service);
        }
        next = Math.min(next, service.isWaiting() ? service.due() : service.dueAfter(now));
      }
      if (!queue.isEmpty()) {
        nextTick = now + HELD_UP;
        employ(heldUp);
        next = Math.min(next, nextTick);
      }
      nextTick = next;
      awaitTick(next - now);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void awaitTick(long nanos) {
    signalled = false;
    try {
      ticker.await(changed, nanos);
    } catch (InterruptedException e) {
      signalled = true; // an interrupt does not end this thread
    }
    if (signalled || now() >= nextTick) {
      services.wokeUp();
    }
  }

  private void enqueue(PeriodicService service) {
    service.queue(now());
    queue.add(service);
    service.alive();
  }

  /** Wakes an idle worker for the queued turns, or starts one. */
  private void employ(boolean heldUp) {
    if (idle > 0) {
      ready.signal();
    } else if (workers == 0 || (heldUp && workers < open.size())) {
      LibraryThreads.thread(IDLE + names.incrementAndGet(), this::work).start();
      workers++;
    }
  }

  private void signalTicker(long due) {
    if (due < nextTick) {
      nextTick = due;
      signalled = true;
      changed.signal();
    }
  }

  private void work() {
    String name = Thread.currentThread().getName();
    Optional<PeriodicService> next = take();
    while (next.isPresent()) {
      PeriodicService service = next.get();
      Thread.currentThread().setName(service.name());
      Duration rest = service.takeTurn();
      Thread.currentThread().setName(name);
      try {
        finished(service, rest);
      } catch (Throwable e) {
        tickFailed(e); // the time of the next turn is not known: it is due at once
      }
      next = take();
    }
  }

  private Optional<PeriodicService> take() {
    lock.lock();
    try {
      boolean needed = true;
      while (true) {
        PeriodicService service = queue.poll();
        if (service != null) {
          service.begin(Thread.currentThread());
          return Optional.of(service);
        }
        if (!needed || open.isEmpty()) {
          workers--;
          return Optional.empty();
        }
        needed = awaitWork();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitWork() {
    idle++;
    try {
      long left = KEPT;
      while (queue.isEmpty() && !open.isEmpty() && left > 0) {
        left = ready.awaitNanos(left);
      }
      return left > 0;
    } catch (InterruptedException e) {
      return true; // it was meant for the turn before
    } finally {
      idle--;
      services.wokeUp();
    }
  }

  private void finished(PeriodicService service, Duration rest) {
    lock.lock();
    try {
      service.end();
      ended.signalAll();
      if (!open.contains(service)) {
        boolean unused = Thread.interrupted();
      } else if (service.takeAgain() && rest.isZero()) {
        enqueue(service);
      } else {
        service.schedule(now(), rest.toNanos());
        signalTicker(service.due());
      }
    } finally {
      lock.unlock();
    }
  }

  private long now() {
    return ticker.nanos() - origin;
  }
}
