package io.mistersmith.persistence.core.internal.state.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InOrderTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final ExecutorService pool = Executors.newFixedThreadPool(4);
  private final InOrder<String> inOrder = new InOrder<>(pool);

  @AfterEach
  void close() {
    pool.shutdownNow();
  }

  @Test
  void runsTheCallsOfAKeyInTheOrderInWhichTheyWereAskedFor() {
    List<Integer> ran = new CopyOnWriteArrayList<>();
    List<CompletableFuture<Boolean>> calls =
        IntStream.range(0, 500)
            .mapToObj(number -> inOrder.run("key", () -> ran.add(number)))
            .toList();
    calls.forEach(call -> assertThat(call).succeedsWithin(SOON));
    assertThat(ran).containsExactlyElementsOf(IntStream.range(0, 500).boxed().toList());
  }

  @Test
  void runsTheCallsOfOtherKeysMeanwhile() {
    CountDownLatch latch = new CountDownLatch(1);
    CompletableFuture<Boolean> waiting = inOrder.run("key", () -> await(latch));
    assertThat(inOrder.run("other", () -> 1)).succeedsWithin(SOON);
    latch.countDown();
    assertThat(waiting).succeedsWithin(SOON);
  }

  @Test
  void anErrorFailsItsOwnCallAlone() {
    CompletableFuture<Integer> failing =
        inOrder.run(
            "key",
            () -> {
              throw new OutOfMemoryError("that passes");
            });
    CompletableFuture<Integer> next = inOrder.run("key", () -> 2);
    assertThat(failing).failsWithin(SOON).withThrowableThat().withCauseInstanceOf(Error.class);
    assertThat(next).succeedsWithin(SOON).isEqualTo(2);
  }

  @Test
  void whatFollowsOnACallDoesNotHoldUpTheNextOne() {
    CompletableFuture<Integer> first = inOrder.run("key", () -> 1);
    var unused =
        first.thenAccept(
            value -> {
              throw new AssertionError("a continuation that fails");
            });
    assertThat(inOrder.run("key", () -> 2)).succeedsWithin(SOON);
  }

  @Test
  void anExecutorThatRefusesFailsAllThatWait() {
    CountDownLatch latch = new CountDownLatch(1);
    CompletableFuture<Boolean> running = inOrder.run("key", () -> await(latch));
    List<CompletableFuture<Integer>> waiting = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      waiting.add(inOrder.run("key", () -> 1));
    }
    pool.shutdown();
    latch.countDown();
    assertThat(running).succeedsWithin(SOON);
    for (CompletableFuture<Integer> call : waiting) {
      assertThat(call)
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(RejectedExecutionException.class);
    }
    assertThat(inOrder.run("key", () -> 1)).isCompletedExceptionally();
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
