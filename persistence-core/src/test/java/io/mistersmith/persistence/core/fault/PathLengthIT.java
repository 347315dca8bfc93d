package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Which of the engine's objects a call passes on its way to the driver, by the stack of the thread
 * that waits there. docs/design.md has the numbers.
 */
@Tag("fault")
@Tag("full")
class PathLengthIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String ENGINE = "io.mistersmith.persistence.core.internal.";

  @Test
  void aPutAndAGetPassFewObjects() throws Exception {
    try (FaultServers servers = FaultServers.start();
        Persistence persistence = servers.installation().open()) {
      StateRepository<Integer> states = persistence.states(Integer.class);
      StateKey key =
          StateKey.of(persistence.agents().save(Agent.of("path", "one")).value().id(), "key");
      states.save(key, 0);
      servers.nats().pause();
      assertThat(pathOf(() -> states.save(key, 1), "ReplyLanes$Lane"))
          .containsExactly(
              "JsonStateRepository",
              "TieredStore",
              "Publisher",
              "GuardedWrites",
              "GuardedRole",
              "BucketWrites",
              "NatsLink",
              "ReplyLanes",
              "ReplyLanes$Lane");
      assertThat(pathOf(() -> states.find(key), "ReplyLanes$Lane"))
          .containsExactly(
              "JsonStateRepository",
              "Loader",
              "L1",
              "TieredReader",
              "ConfirmedReads",
              "GuardedReads",
              "GuardedRole",
              "BucketReads",
              "NatsLink",
              "ReplyLanes",
              "ReplyLanes$Lane");
      servers.nats().resume();
    }
  }

  @Test
  void aFlushPassesFewObjects() {
    try (FaultServers servers = FaultServers.start();
        Persistence persistence = servers.installation().open()) {
      StateRepository<Integer> states = persistence.states(Integer.class);
      StateKey key =
          StateKey.of(persistence.agents().save(Agent.of("path", "one")).value().id(), "key");
      List<String> path =
          await()
              .atMost(SOON)
              .pollInterval(Duration.ofMillis(1))
              .until(
                  () -> {
                    states.save(key, 1);
                    return flushPath();
                  },
                  found -> !found.isEmpty());
      assertThat(path)
          .containsExactly(
              "LoopService",
              "Background",
              "WriteBehindFlusher",
              "FlushTarget",
              "PostgresJournalStore",
              "Database",
              "StateUpsert");
    }
  }

  /** The path of the flush, where it is just writing rows; else nothing. */
  private static List<String> flushPath() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(thread -> thread.getKey().getName().startsWith("persistence-flush"))
        .map(thread -> path(thread.getValue()))
        .filter(found -> found.contains("StateUpsert"))
        .findFirst()
        .orElse(List.of());
  }

  /** The path of a call that waits in {@code last}, which is left to fail there. */
  private static List<String> pathOf(Runnable call, String last) throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread caller = new Thread(() -> failure.set(catchThrowable(call::run)));
    caller.start();
    await().atMost(SOON).until(() -> path(caller.getStackTrace()).contains(last));
    List<String> path = path(caller.getStackTrace());
    caller.interrupt();
    caller.join();
    assertThat(failure.get()).isInstanceOf(TransientPersistenceException.class);
    return path;
  }

  /** The classes of the engine in the order in which they were entered. */
  private static List<String> path(StackTraceElement[] stack) {
    Set<String> classes = new LinkedHashSet<>();
    List<StackTraceElement> outermostFirst = new ArrayList<>(Arrays.asList(stack));
    Collections.reverse(outermostFirst);
    for (StackTraceElement frame : outermostFirst) {
      if (frame.getClassName().startsWith(ENGINE)) {
        String name = frame.getClassName().substring(ENGINE.length());
        classes.add(name.replaceAll("[$][$]Lambda.*", "").replaceAll(".*[.]", ""));
      }
    }
    return List.copyOf(classes);
  }
}
