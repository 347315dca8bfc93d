package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Subscription;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each caller gets the answer to its own request, or a failure. */
class ReplyLanesIT {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static NatsServer server;
  private static Connection service;

  @BeforeAll
  static void start() throws Exception {
    server = NatsServer.start(NatsOptions.defaults());
    service = Nats.connect(server.url());
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    server.close();
  }

  @Test
  void theAnswerToAnEarlierRequestIsNotTakenForThatToThis() throws Exception {
    Queue<Message> unanswered = new ConcurrentLinkedQueue<>();
    service.createDispatcher(unanswered::add).subscribe("held");
    service.createDispatcher(ReplyLanesIT::echo).subscribe("echo");
    service.flush(PATIENCE);
    try (NatsLink link = link()) {
      ReplyLanes lanes = new ReplyLanes(link.connection(), new Outstanding());
      assertThatThrownBy(() -> lanes.ask("held", null, bytes("early"), Duration.ofMillis(50)))
          .isInstanceOf(TimeoutException.class);
      Awaitility.await().atMost(PATIENCE).until(() -> !unanswered.isEmpty());
      echo(unanswered.remove());
      service.flush(PATIENCE);
      assertThat(text(lanes.ask("echo", null, bytes("now"), PATIENCE))).isEqualTo("now");
    }
  }

  @Test
  void aRequestOnAConnectionThatIsClosedFailsTyped() throws Exception {
    try (NatsLink link = link()) {
      Queue<Message> unanswered = new ConcurrentLinkedQueue<>();
      service.createDispatcher(unanswered::add).subscribe("kept");
      service.flush(PATIENCE);
      CompletableFuture<Message> sent = link.request("kept", null, bytes("?"), PATIENCE);
      Awaitility.await().atMost(PATIENCE).until(() -> !unanswered.isEmpty());
      link.connection().close();
      assertThatThrownBy(() -> link.await(() -> "ask", sent))
          .isInstanceOf(TransientPersistenceException.class);
    }
  }

  @Test
  void aSecondAnswerIsNotTakenForThatToTheNextRequest() throws Exception {
    service
        .createDispatcher(
            message -> {
              echo(message);
              echo(message);
            })
        .subscribe("twice");
    service.flush(PATIENCE);
    try (NatsLink link = link()) {
      ReplyLanes lanes = new ReplyLanes(link.connection(), new Outstanding());
      for (int i = 0; i < 1_000; i++) {
        assertThat(text(lanes.ask("twice", null, bytes("n" + i), PATIENCE))).isEqualTo("n" + i);
      }
    }
  }

  /** A virtual thread is not woken before a processor is free, nor is a JVM that was paused. */
  @Test
  void aCallerThatSleepsThroughItsDeadlineFindsTheAnswerThatCame() throws Exception {
    service.createDispatcher(ReplyLanesIT::echo).subscribe("echo");
    service.flush(PATIENCE);
    Duration timeout = Duration.ofMillis(200);
    try (NatsLink link = link()) {
      Connection slow = wokenAfter(timeout.multipliedBy(2), link.connection());
      ReplyLanes lanes = new ReplyLanes(slow, new Outstanding());
      assertThat(text(lanes.ask("echo", null, bytes("here"), timeout))).isEqualTo("here");
    }
  }

  /** A connection whose subscriptions wait so long at first, and then say that nothing came. */
  private static Connection wokenAfter(Duration sleep, Connection real) {
    return (Connection)
        Proxy.newProxyInstance(
            ReplyLanesIT.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              Object answer = method.invoke(real, arguments);
              return answer instanceof Subscription made ? wokenAfter(sleep, made) : answer;
            });
  }

  private static Subscription wokenAfter(Duration sleep, Subscription real) {
    AtomicBoolean slept = new AtomicBoolean();
    return (Subscription)
        Proxy.newProxyInstance(
            ReplyLanesIT.class.getClassLoader(),
            new Class<?>[] {Subscription.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("nextMessage") && slept.compareAndSet(false, true)) {
                LockSupport.parkNanos(sleep.toNanos());
                return null;
              }
              return method.invoke(real, arguments);
            });
  }

  @Test
  void moreCallersThanLanesAreAllAnswered() throws Exception {
    int callers = ReplyLanes.MOST + 20;
    Queue<Message> waiting = new ConcurrentLinkedQueue<>();
    service.createDispatcher(waiting::add).subscribe("crowd");
    service.flush(PATIENCE);
    Queue<String> answers = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    try (NatsLink link = link()) {
      for (int i = 0; i < callers; i++) {
        String own = "caller " + i;
        Thread thread =
            new Thread(
                () -> {
                  String answer = text(link.ask(() -> own, "crowd", null, bytes(own), PATIENCE));
                  answers.add(answer.equals(own) ? own : own + " was told " + answer);
                });
        thread.start();
        threads.add(thread);
      }
      Awaitility.await().atMost(PATIENCE).until(() -> waiting.size() == callers);
      waiting.forEach(ReplyLanesIT::echo);
      for (Thread thread : threads) {
        thread.join(PATIENCE.toMillis());
      }
      assertThat(answers).hasSize(callers).allMatch(answer -> !answer.contains("told"));
    }
  }

  @Test
  void whereNobodyListensTheRequestEndsAtOnce() {
    try (NatsLink link = link()) {
      long start = System.nanoTime();
      TransientPersistenceException failure =
          catchThrowableOfType(
              TransientPersistenceException.class,
              () -> link.ask(() -> "ask", "nobody", null, bytes("?"), PATIENCE));
      assertThat(failure.error()).isEqualTo(DataError.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("no stream answers");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    }
  }

  @Test
  void aLostConnectionEndsTheRequestAtOnceAndTheNextOneHasLanesOfItsOwn() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (NatsServer other = NatsServer.start(NatsOptions.defaults());
        NatsLink link =
            NatsLink.open(
                NatsFixture.config(other, "").build().nats(),
                "lost connection",
                new Services(PersistenceListener.NOOP))) {
      Connection silent = Nats.connect(other.url());
      silent.createDispatcher(message -> asked.countDown()).subscribe("silent"); // says nothing
      silent.flush(PATIENCE);
      Thread killer =
          new Thread(
              () -> {
                try {
                  if (asked.await(60, TimeUnit.SECONDS)) {
                    other.kill();
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      killer.start();
      long start = System.nanoTime();
      TransientPersistenceException failure =
          catchThrowableOfType(
              TransientPersistenceException.class,
              () -> link.ask(() -> "ask", "silent", null, bytes("?"), Duration.ofSeconds(30)));
      assertThat(failure.error()).isEqualTo(DataError.CONNECTION_FAILED);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
      killer.join(PATIENCE.toMillis());
      silent.close();
      other.restart();
      Awaitility.await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(
              () ->
                  link.ask(
                              () -> "ask",
                              "$JS.API.INFO",
                              null,
                              Entries.NO_VALUE,
                              Duration.ofSeconds(1))
                          .getData()
                          .length
                      > 0);
    }
  }

  private static NatsLink link() {
    return NatsLink.open(
        NatsFixture.config(server, "").build().nats(),
        "lanes",
        new Services(PersistenceListener.NOOP));
  }

  private static void echo(Message message) {
    service.publish(message.getReplyTo(), message.getData());
  }

  private static String text(@Nullable Message message) {
    return new String(Objects.requireNonNull(message).getData(), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
