package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transactions of 1,000 threads on a pool of 25 connections: all of them end, and none keeps its
 * carrier while it waits for a connection or for the server. The threads are virtual where the JVM
 * has virtual threads that give their monitors up (from 24 on).
 */
@Tag("fault")
class VirtualThreadsIT {

  private static final int THREADS = 1_000;
  private static final int CONNECTIONS = 25;
  private static final String PINNED = "jdk.VirtualThreadPinned";

  private final Accounts accounts = new Accounts();

  @AfterEach
  void close() {
    accounts.close();
  }

  @Test
  void aThousandThreadsShareAPoolOfTwentyFive(@TempDir Path directory) throws Exception {
    Persistence persistence = accounts.open(CONNECTIONS);
    for (int i = 0; i < Accounts.COUNT; i++) {
      transfer(persistence, i); // loads the classes: a class initializer keeps its carrier
    }
    try (Recording recording = new Recording()) {
      recording.enable(PINNED).withStackTrace().withThreshold(Duration.ZERO);
      recording.start();
      runAll(persistence);
      recording.stop();
      assertThat(pinned(recording, directory.resolve("pinned.jfr"))).isEmpty();
    }
    assertThat(Accounts.sum(persistence)).isEqualTo((long) Accounts.COUNT * Accounts.BALANCE);
    for (int id = 1; id <= Accounts.COUNT; id++) {
      assertThat(Accounts.balance(persistence, id)).isEqualTo(Accounts.BALANCE);
    }
  }

  private static void runAll(Persistence persistence) throws Exception {
    CountDownLatch begin = new CountDownLatch(1);
    ExecutorService threads = threads();
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int number = i;
        done.add(
            threads.submit(
                () -> {
                  begin.await();
                  transfer(persistence, number);
                  return null;
                }));
      }
      begin.countDown();
      for (Future<?> each : done) {
        assertThat(each.get(2, TimeUnit.MINUTES)).isNull();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Adds one to an account and takes it from the next: each account gets as much as it gives. */
  private static void transfer(Persistence persistence, int number) {
    int from = number % Accounts.COUNT + 1;
    int to = (number + 1) % Accounts.COUNT + 1;
    persistence
        .transactions()
        .execute(
            TransactionOptions.builder(Boundary.AGENT_TASK, "transfer")
                .timeout(Duration.ofMinutes(2))
                .build(),
            tx -> {
              // In the order of their ids, so that no two wait for each other.
              Accounts.add(tx, Math.min(from, to), from < to ? -1 : 1);
              Accounts.add(tx, Math.max(from, to), from < to ? 1 : -1);
            });
  }

  private static ExecutorService threads() throws ReflectiveOperationException {
    if (Runtime.version().feature() < 24) {
      return Executors.newFixedThreadPool(THREADS);
    }
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (InvocationTargetException e) {
      throw new AssertionError(e);
    }
  }

  private static List<RecordedEvent> pinned(Recording recording, Path file) throws IOException {
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(PINNED))
        .toList();
  }
}
