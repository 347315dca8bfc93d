package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.Message;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a pull request is known whichever bound of it was met, and whatever is said of it. */
class PullSubscriptionIT {

  private static final BucketStream STREAM = new BucketStream("AGENT_STATE", 1, -1, false);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void goesOnAtOnceWhenTheBytesOfAPullComeOutEven(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsLink link = NatsLink.open(config(server).nats(), "pulls")) {
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

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void leavesOneRequestAtTheServer(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsLink link = NatsLink.open(config(server).nats(), "pulls");
        RawNats raw = RawNats.connect(server)) {
      write(server, 100);
      JournalConsumer consumer = journal(link);
      try (PullSubscription messages = new PullSubscription(consumer, 2, 1 << 20)) {
        for (int i = 1; i <= 100; i++) {
          assertThat(next(messages).metaData().streamSequence()).isEqualTo(i);
        }
        assertThat(messages.next(Duration.ofMillis(200))).isNull();
        assertThat(
                RawNats.call(
                    () ->
                        raw.streams()
                            .getConsumerInfo(STREAM.stream(), consumer.name())
                            .getNumWaiting()))
            .isEqualTo(1);
      }
    }
  }

  private static PersistenceConfig config(NatsServer server) {
    return NatsFixture.config(server, "").build();
  }

  private static JournalConsumer journal(NatsLink link) {
    return JournalConsumer.over(link, STREAM, JournalRange.from(1));
  }

  private static Message next(PullSubscription messages) {
    return Objects.requireNonNull(messages.next(PATIENCE));
  }

  /** So many messages of one size. */
  private static void write(NatsServer server, int messages) {
    try (NatsStore store = NatsStore.connect(config(server))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      for (int i = 0; i < messages; i++) {
        bucket.publish(
            StateKey.of("agent", "key" + (100 + i)),
            Operation.PUT,
            new byte[100],
            EntryMetadata.NONE,
            HotBucket.ANY);
      }
    }
  }
}
