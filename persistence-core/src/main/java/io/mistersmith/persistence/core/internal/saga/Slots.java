package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * The threads on which a runner carries runs on, and the slots for them.
 *
 * <p>Code of a step can go on after it was interrupted, without end. Its slot is given back after a
 * while and another thread is added for it, so that it holds up no other run. That is done for at
 * most as many attempts at a time as there are slots. Thread-safe.
 */
final class Slots {

  private final int most;
  private final Semaphore free;
  private final ThreadPoolExecutor threads;
  private final SagaEvents events;
  private final Set<SagaExecution> underWay = ConcurrentHashMap.newKeySet();
  private final Map<SagaExecution, HangingStep> hanging = new ConcurrentHashMap<>();

  /** Makes slots, all of them free. */
  Slots(String name, int most, SagaEvents events) {
    this.most = most;
    this.free = new Semaphore(most);
    this.threads = LibraryThreads.onDemand(name, most);
    this.events = events;
  }

  /** Takes all slots that are free, and returns how many. */
  int takeAll() {
    return free.drainPermits();
  }

  /** Takes a slot, if one is free. */
  boolean take() {
    return free.tryAcquire();
  }

  /** Gives slots back that were taken and not used. */
  void giveBack(int unused) {
    free.release(unused);
  }

  /**
   * Uses a slot that was taken.
   *
   * @throws java.util.concurrent.RejectedExecutionException after {@link #close}
   */
  void execute(SagaExecution execution) {
    underWay.add(execution);
    threads.execute(execution);
  }

  /** Gives the slot of an execution back. */
  synchronized void ended(SagaExecution execution) {
    underWay.remove(execution);
    HangingStep step = hanging.remove(execution);
    if (step == null || !step.isReplaced()) {
      free.release();
    } else {
      resize();
    }
  }

  /**
   * Reports the steps that have ignored an interrupt for longer than this, each once, and gives
   * their slots back.
   *
   * @return whether a slot was given back
   */
  synchronized boolean replaceHanging(Duration grace) {
    boolean isGivenBack = false;
    for (SagaExecution execution : underWay) {
      if (hanging.containsKey(execution)) {
        continue;
      }
      boolean isReplaced = replaced() < most;
      var step = execution.hanging(grace).map(due -> HangingStep.of(execution, due, isReplaced));
      if (step.isPresent()) {
        hanging.put(execution, step.get());
        events.hanging(step.get());
        if (isReplaced) {
          resize();
          free.release();
          isGivenBack = true;
        }
      }
    }
    return isGivenBack;
  }

  private int replaced() {
    return (int) hanging.values().stream().filter(HangingStep::isReplaced).count();
  }

  /** Changes both sizes in the order in which the core size never exceeds the maximum. */
  private void resize() {
    int size = most + replaced();
    if (size > threads.getMaximumPoolSize()) {
      threads.setMaximumPoolSize(size);
      threads.setCorePoolSize(size);
    } else {
      threads.setCorePoolSize(size);
      threads.setMaximumPoolSize(size);
    }
  }

  /** Returns a sentence for an operator for each step that ignores its interrupt. */
  List<String> notices() {
    return hanging.values().stream().map(HangingStep::notice).toList();
  }

  /** Ends the threads that have nothing to do, and interrupts the others. */
  void close() {
    threads.shutdownNow();
  }
}
