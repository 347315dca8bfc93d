package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.base.ManualTicker;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.impl.NatsMessage;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.ConnectException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When the streams are asked for, and over which server. */
class ServerWatchTest {

  private static final String PRESENT = "nats://a:1";
  private static final String OTHER = "nats://b:1";

  private final Server present = new Server(PRESENT);
  private final Server other = new Server(OTHER);
  private final ManualTicker ticker = new ManualTicker();
  private boolean otherIsDown;
  private int connects;
  private int writableAgain;
  private final ServerWatch watch =
      new ServerWatch(this::connect, (stream, sent) -> {}, () -> writableAgain++, ticker);

  private Connection connect(String server) throws IOException {
    connects++;
    if (otherIsDown) {
      throw new ConnectException("Connection refused");
    }
    return other.connection;
  }

  /** A server whose streams can be written, or do not answer. */
  private static final class Server {

    private final Set<String> writable = new HashSet<>();
    private final Connection connection;
    private Runnable beforeAnswer = () -> {};
    private int questions;

    Server(String url) {
      this.connection =
          (Connection)
              Proxy.newProxyInstance(
                  Connection.class.getClassLoader(),
                  new Class<?>[] {Connection.class},
                  (self, method, arguments) ->
                      switch (method.getName()) {
                        case "requestWithTimeout" -> answer((String) arguments[0]);
                        case "getConnectedUrl", "toString" -> url;
                        case "hashCode" -> System.identityHashCode(self);
                        case "equals" -> self == arguments[0];
                        case "close" -> null;
                        default -> throw new UnsupportedOperationException(method.getName());
                      });
    }

    private CompletableFuture<Message> answer(String subject) {
      questions++;
      String stream = subject.substring(subject.lastIndexOf('.') + 1);
      return writable.contains(stream)
          ? CompletableFuture.completedFuture(
              NatsMessage.builder().subject("answer").data(info(stream), UTF_8).build())
          : new CompletableFuture<>() {
            @Override
            public Message get(long time, TimeUnit unit) throws TimeoutException {
              beforeAnswer.run();
              throw new TimeoutException();
            }
          };
    }

    private static String info(String stream) {
      return """
      {"type": "io.nats.jetstream.api.v1.stream_info_response",
       "config": {"name": "%s"}, "state": {}, "created": "2026-12-02T00:00:00Z",
       "cluster": {"leader": "n1", "replicas": [
         {"name": "n2", "current": true, "active": 1000},
         {"name": "n3", "current": true, "active": 1000}]}}
      """
          .formatted(stream);
    }
  }

  private @Nullable Connection look() throws InterruptedException {
    return watch.look(present.connection, Duration.ZERO, List.of(PRESENT, OTHER));
  }

  /** The streams that it leads look writable there for a while, and nowhere else. */
  @Test
  void oneMoreStreamInTroubleIsAReasonToAskTheOthersAtOnce() throws InterruptedException {
    watch.add("led-here");
    watch.add("led-there");
    present.writable.add("led-here");
    other.writable.add("led-there");
    watch.suspect();
    assertThat(look()).as("while each can write one of them").isNull();

    present.writable.clear();
    assertThat(look()).isSameAs(other.connection);
  }

  /** Calls that fail at once, because all have failed, make no server suspect. */
  @Test
  void aServerInTroubleIsLookedAtUntilItsStreamsCanBeWritten() throws InterruptedException {
    watch.add("stream");
    assertThat(look()).isNull();
    assertThat(present.questions).as("without a suspicion").isZero();

    watch.suspect();
    assertThat(look()).isNull();
    assertThat(look()).isNull();
    assertThat(present.questions).isEqualTo(2);

    present.writable.add("stream");
    assertThat(look()).isNull();
    assertThat(look()).isNull();
    assertThat(present.questions).isEqualTo(3);
  }

  /** A breaker that is open waits for it, and what followed a move may have come too early. */
  @Test
  void thatTheStreamsCanBeWrittenAgainIsTold() throws InterruptedException {
    watch.add("stream");
    watch.suspect();
    assertThat(look()).isNull();
    assertThat(look()).isNull();
    present.writable.add("stream");
    assertThat(look()).isNull();
    assertThat(writableAgain).isEqualTo(1);
  }

  @Test
  void oneLateAnswerIsNoTroubleThatEnds() throws InterruptedException {
    watch.add("stream");
    watch.suspect();
    assertThat(look()).isNull();
    present.writable.add("stream");
    assertThat(look()).isNull();
    assertThat(writableAgain).isZero();
  }

  /** The move came before the election: its first steps may have failed for want of a leader. */
  @Test
  void afterAMoveTheStreamsThatLackALeaderThereAreWaitedFor() throws InterruptedException {
    watch.add("led-there");
    watch.add("led-here");
    other.writable.add("led-there");
    watch.suspect();
    assertThat(look()).isSameAs(other.connection);

    other.writable.add("led-here");
    ticker.move(Duration.ofSeconds(1));
    assertThat(watch.look(other.connection, Duration.ZERO, List.of(PRESENT, OTHER))).isNull();
    assertThat(writableAgain).isEqualTo(1);
  }

  /** The cut-off server may have led the group that answers for all streams, too. */
  @Test
  void jetStreamAnswersAsSoonAsOneStreamDoes() throws InterruptedException {
    watch.add("led-there");
    watch.add("led-here");
    assertThat(watch.isAnswered(other.connection)).isFalse();
    other.writable.add("led-there");
    assertThat(watch.isAnswered(other.connection)).isTrue();
    other.writable.clear();
    other.writable.add("INFO");
    assertThat(watch.isAnswered(other.connection)).as("before there is a stream").isTrue();
  }

  @Test
  void serversThatCannotBeReachedAreAskedAtGrowingIntervals() throws InterruptedException {
    otherIsDown = true;
    watch.add("stream");
    watch.suspect();
    for (int millis : new int[] {0, 0, 240, 260, 490, 510}) {
      ticker.move(Duration.ofMillis(millis));
      assertThat(look()).isNull();
    }
    assertThat(connects).as("at once, after 0.25 to 0.5 s, and after 0.5 to 1 s").isEqualTo(3);
  }

  /**
   * A silent server takes as long to ask as the others: they are asked while it is waited for. The
   * time that a look takes is part of the interval.
   */
  @Test
  void duringTroubleTheOthersAreAskedBesideThePresentServer() throws InterruptedException {
    watch.add("stream");
    watch.suspect();
    present.beforeAnswer = () -> assertThat(connects).as("at the first look").isZero();
    other.beforeAnswer = () -> ticker.move(Duration.ofMillis(700));
    assertThat(look()).isNull();

    present.beforeAnswer = () -> assertThat(connects).as("at the second look").isEqualTo(2);
    assertThat(look()).isNull();
  }

  /** What was sent while a stream had no leader is given up by the look after the next. */
  @Test
  void aLookFollowsSoonWhenAStreamHasGotItsLeader() throws InterruptedException {
    watch.add("stream");
    watch.suspect();
    assertThat(look()).isNull();
    present.writable.add("stream");
    Duration waited = Duration.ofSeconds(2);
    List<String> known = List.of(PRESENT, OTHER);
    assertThat(watch.look(present.connection, waited, known)).isNull();
    assertThat(watch.look(present.connection, waited, known)).isNull();
    assertThat(present.questions).as("the second look at once").isEqualTo(3);
    assertThat(watch.look(present.connection, waited, known)).isNull();
    assertThat(present.questions).as("a good server is left alone for 1 s").isEqualTo(3);
  }
}
