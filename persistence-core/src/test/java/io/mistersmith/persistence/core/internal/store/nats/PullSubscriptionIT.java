package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Subscription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a pull request is known whichever bound of it was met, and whatever is said of it. */
class PullSubscriptionIT {

  private static final BucketStream STREAM = new BucketStream("AGENT_STATE", 1, -1, false, true);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void goesOnAtOnceWhenTheBytesOfAPullComeOutEven(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsLink link =
            NatsLink.open(config(server).nats(), "pulls", new Services(PersistenceListener.NOOP))) {
      write(server, 9);
      long size;
      try (PullSubscription messages = new PullSubscription(journal(link))) {
        size = next(messages).consumeByteCount();
      }
      long start = System.nanoTime();
      try (PullSubscription messages = new PullSubscription(journal(link), 100, 3 * size)) {
        for (int i = 1; i <= 9; i++) {
          assertThat(next(messages).metaData().streamSequence()).isEqualTo(i);
        }
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("sooner than the missing heartbeats tell")
          .isLessThan(Duration.ofSeconds(2));
    }
  }

  /** Such a status follows the last message of a request, by when the next may be at the server. */
  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void doesNotTakeTheEndOfAnEarlierRequestForThatOfThePresentOne(String line) throws Exception {
    @Nullable Connection spy = null;
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsLink link =
            NatsLink.open(config(server).nats(), "pulls", new Services(PersistenceListener.NOOP))) {
      write(server, 1);
      spy = Nats.connect(server.url());
      PulledConsumer consumer = journal(link);
      Subscription requests = spy.subscribe(consumer.pullSubject());
      spy.flush(PATIENCE);
      try (PullSubscription messages = new PullSubscription(consumer, 1, 1 << 20)) {
        assertThat(next(messages).metaData().streamSequence()).isEqualTo(1);
        assertThat(messages.next(Duration.ofMillis(50))).isNull();
        Message first = requests.nextMessage(PATIENCE);
        assertThat(requests.nextMessage(PATIENCE)).as("the second request").isNotNull();
        sendStatus(server, first.getReplyTo(), "409 Batch Completed");
        assertThat(messages.next(Duration.ofMillis(500))).isNull();
        assertThat(requests.nextMessage(Duration.ofMillis(500))).as("a third request").isNull();
        sendStatus(server, first.getReplyTo().replaceAll("1$", "2"), "409 Batch Completed");
        assertThat(messages.next(Duration.ofMillis(500))).isNull();
        assertThat(requests.nextMessage(PATIENCE)).as("the status was heard").isNotNull();
      }
    } finally {
      if (spy != null) {
        spy.close();
      }
    }
  }

  /** By hand, since jnats sends none. */
  private static void sendStatus(NatsServer server, String subject, String status)
      throws IOException {
    URI address = URI.create(server.url());
    String header = "NATS/1.0 " + status + "\r\n\r\n";
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write(
              "CONNECT {\"verbose\":false,\"headers\":true}\r\nHPUB %s %d %d\r\n%s\r\nPING\r\n"
                  .formatted(subject, header.length(), header.length(), header)
                  .getBytes(StandardCharsets.US_ASCII));
      BufferedReader answers =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      assertThat(answers.lines().filter(said -> !said.startsWith("INFO")).findFirst())
          .contains("PONG");
    }
  }

  private static PersistenceConfig config(NatsServer server) {
    return NatsFixture.config(server, "").build();
  }

  private static PulledConsumer journal(NatsLink link) {
    return JournalConsumer.over(link, STREAM, JournalRange.from(1)).pulled();
  }

  private static Message next(PullSubscription messages) {
    return Objects.requireNonNull(messages.next(PATIENCE));
  }

  /** So many messages of one size. */
  private static void write(NatsServer server, int messages) {
    try (NatsStore store = NatsFixture.connect(config(server))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      for (int i = 0; i < messages; i++) {
        bucket
            .writes()
            .publish(
                StateKey.of(AgentId.external("agent"), "key" + (100 + i)),
                Operation.PUT,
                new byte[100],
                EntryMetadata.NONE,
                HotWrites.ANY);
      }
    }
  }
}
