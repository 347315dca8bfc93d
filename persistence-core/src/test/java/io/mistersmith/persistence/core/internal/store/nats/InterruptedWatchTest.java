package io.mistersmith.persistence.core.internal.store.nats;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.core.internal.base.Ticker;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.impl.NatsMessage;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a runtime that closes, or a connection that was replaced, must not leave behind. */
class InterruptedWatchTest {

  private final List<String> closed = new ArrayList<>();

  private static <T> T proxy(Class<T> type, InvocationHandler calls) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, calls));
  }

  private Connection connection(String url, CompletableFuture<Message> answer, boolean fails) {
    return proxy(
        Connection.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "requestWithTimeout" -> answer;
              case "getConnectedUrl" -> url;
              case "hashCode" -> System.identityHashCode(self);
              case "equals" -> self == arguments[0];
              case "close" -> {
                closed.add(url);
                if (fails) {
                  throw new InterruptedException();
                }
                yield null;
              }
              default -> null;
            });
  }

  @Test
  void anInterruptLeavesNoCandidateOpen() {
    CompletableFuture<Message> silent = CompletableFuture.failedFuture(new TimeoutException());
    CompletableFuture<Message> good =
        CompletableFuture.completedFuture(NatsMessage.builder().subject("answer").build());
    CompletableFuture<Message> interrupted =
        new CompletableFuture<>() {
          @Override
          public Message get(long timeout, TimeUnit unit) throws InterruptedException {
            throw new InterruptedException();
          }
        };
    Map<String, Connection> others =
        Map.of(
            "nats://b:1", connection("nats://b:1", good, true),
            "nats://c:1", connection("nats://c:1", interrupted, false));
    ServerWatch watch =
        new ServerWatch(
            server -> requireNonNull(others.get(server)),
            (stream, sent) -> {},
            () -> {},
            Ticker.SYSTEM);
    watch.suspect();

    assertThatThrownBy(
            () ->
                watch.look(
                    connection("nats://a:1", silent, false),
                    Duration.ZERO,
                    List.of("nats://b:1", "nats://c:1")))
        .isInstanceOf(InterruptedException.class);

    assertThat(closed).containsExactlyInAnyOrder("nats://b:1", "nats://c:1");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void aLaneOfAConnectionThatWasReplacedIsForgotten() {
    Outstanding outstanding = new Outstanding();
    AtomicReference<Duration> oldest = new AtomicReference<>(Duration.ZERO);
    Subscription answers = proxy(Subscription.class, (self, method, arguments) -> null);
    Connection used =
        proxy(
            Connection.class,
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "createInbox" -> "_INBOX.test";
                  case "subscribe" -> answers;
                  case "publish" -> {
                    oldest.set(outstanding.oldest());
                    yield null;
                  }
                  default -> null;
                });
    ReplyLanes lanes = new ReplyLanes(used, outstanding);
    lanes.end();

    assertThatThrownBy(() -> lanes.ask("subject", null, new byte[0], Duration.ofMillis(1)))
        .isInstanceOf(TimeoutException.class);
    assertThat(oldest).hasValue(Duration.ZERO);
  }
}
