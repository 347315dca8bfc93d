package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the background services of one runtime: those that loop on a thread of their own, and those
 * with a period, which share threads. Catches whatever a turn of theirs throws, reports it, and
 * goes on. A runner without services has no threads. Thread-safe.
 */
public final class Services {

  private static final Logger LOG = LoggerFactory.getLogger(Services.class);

  private final ServiceHealth health;
  private final Ticker ticker;
  private final Workers workers;
  private final LongAdder wakeUps = new LongAdder();
  private final List<Background> started = new ArrayList<>();

  /** Runs services by the JVM's clock, and tells {@code listener}, which may throw, of failures. */
  public Services(PersistenceListener listener) {
    this(new ServiceHealth(listener), Ticker.SYSTEM);
  }

  /** Runs services by {@code ticker}. */
  public Services(ServiceHealth health, Ticker ticker) {
    this.health = health;
    this.ticker = ticker;
    this.workers = new Workers(this);
  }

  /**
   * Returns a service, not yet started, that does {@code work} again and again on a thread of its
   * own.
   *
   * @param name the service's name, and its thread's
   * @param consequence the effect of the service's failure, as a clause for the log
   */
  public LoopService loop(String name, String consequence, Background.Work work) {
    return loop(name, consequence, work, () -> {});
  }

  /** {@link #loop(String, String, Background.Work)}; {@code last} is done when it was closed. */
  public LoopService loop(String name, String consequence, Background.Work work, Runnable last) {
    return new LoopService(this, name, consequence, work, last);
  }

  /** Returns a service, not yet started, that does {@code work} about once in each period. */
  public PeriodicService every(
      Duration period, String name, String consequence, Background.Work work) {
    return new PeriodicService(this, workers, period, name, consequence, work);
  }

  /** Returns a service, not yet started, that does {@code work} when it is woken. */
  public PeriodicService onDemand(String name, String consequence, Background.Work work) {
    return every(Duration.ZERO, name, consequence, work);
  }

  /** Returns a sentence for an operator for each service that fails, is stuck or has ended. */
  public List<String> notices() {
    return health.notices();
  }

  /** Has {@link #notices} return those of {@code source} too, which throws nothing. */
  public void include(Supplier<List<String>> source) {
    health.include(source);
  }

  /** Returns how often a thread of these services woke up from a wait, since they began. */
  public long wakeUps() {
    return wakeUps.sum();
  }

  /** Returns the names of the services that were started and not closed, in that order. */
  public List<String> names() {
    return started().stream().map(Background::name).toList();
  }

  /**
   * Closes all services that were started, the last one first. All are asked to end at once, and
   * then waited for together.
   *
   * @return whether all have ended; those that have not are named in the log
   */
  public boolean close(Duration patience) {
    List<Background> services = started();
    Collections.reverse(services);
    services.forEach(Background::stop);
    Deadline deadline = Deadline.after(patience);
    List<String> left = new ArrayList<>();
    for (Background service : services) {
      if (!service.close(deadline.left())) {
        left.add(service.name());
      }
    }
    if (!left.isEmpty()) {
      LOG.warn("{} did not end within {}; what they do now is their last turn", left, patience);
    }
    return left.isEmpty();
  }

  /** Returns the services that were started and not closed, in the order of their start. */
  List<Background> started() {
    synchronized (started) {
      return new ArrayList<>(started);
    }
  }

  /** Returns whether no turn of a periodic service is due or under way. */
  boolean areQuiet() {
    return workers.areQuiet();
  }

  /** Returns whether a thread of the periodic services lives. */
  boolean hasThreads() {
    return workers.haveThreads();
  }

  Ticker ticker() {
    return ticker;
  }

  ServiceHealth health() {
    return health;
  }

  void wokeUp() {
    wakeUps.increment();
  }

  void watch(Background service) {
    synchronized (started) {
      if (service.isOpen() && !started.contains(service)) {
        started.add(service);
        health.watch(service);
      }
    }
  }

  void forget(Background service) {
    synchronized (started) {
      started.remove(service);
    }
    health.forget(service);
  }
}
