package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.Publisher;
import io.mistersmith.persistence.stream.Streams.RunningConsumer;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Consumers of a stream, nats-server and PostgreSQL are killed with SIGKILL under load: every
 * message is handled, its work takes effect once, and the order of a subject is kept where asked.
 */
@Tag("fault")
@Tag("logs")
class StreamFaultsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int SUBJECTS = 7;

  @TempDir private Path directory;

  private final List<ChildJvm> children = new ArrayList<>();

  @AfterEach
  void stopChildren() {
    children.forEach(ChildJvm::close);
  }

  @Test
  void killedConsumersLoseNothingAndWorkOnce() throws Exception {
    run(false, "StreamFaults SHARED");
  }

  @Test
  void killedConsumersKeepTheOrderOfASubject() throws Exception {
    run(true, "StreamFaults ORDERED");
  }

  private ChildJvm start(Installation installation, boolean ordered, BlockingQueue<String> lines)
      throws IOException {
    ChildJvm child =
        ChildJvm.start(
            StreamConsumerProcess.class,
            installation.asArguments(List.of(String.valueOf(ordered))),
            Map.of(),
            directory.resolve("child.log"));
    children.add(child);
    assertThat(child.stdout().readLine()).as("first line of a consumer").isEqualTo("ready");
    var unused = ChildLines.read(child, lines::add);
    return child;
  }

  private void run(boolean ordered, String name) throws Exception {
    int kills = Repetitions.of(12, 3);
    int handled = Repetitions.of(60, 25);
    int messages = 0;
    BlockingQueue<String> lines = ChildLines.queue();
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      installation.execute(
          "CREATE TABLE public.work (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
              + " subject TEXT NOT NULL, value INTEGER NOT NULL)");
      try (Persistence persistence = installation.open()) {
        Streams streams = persistence.streams();
        Changes unused =
            streams.apply(
                StreamPlan.builder(StreamConsumerProcess.STREAM, "work.>")
                    .maxBytes(8 * 1024 * 1024)
                    .build());
        Publisher<Integer> publisher =
            streams.publisher(StreamConsumerProcess.STREAM, Integer.class);
        ChildJvm[] consumers = {
          start(installation, ordered, lines), start(installation, ordered, lines)
        };
        Load load = new Load(publisher, lines);
        load.start();
        for (int kill = 0; kill < kills; kill++) {
          int before = lines.size();
          await().atMost(PATIENCE).until(() -> lines.size() > before + handled);
          int which = kill % 2;
          consumers[which].kill();
          if (kill % 3 == 1) {
            servers.nats().kill();
            servers.nats().restart();
          } else if (kill % 3 == 2) {
            servers.postgres().kill();
            servers.postgres().restart();
          }
          consumers[which] = start(installation, ordered, lines);
        }
        messages = load.end();
        await()
            .atMost(PATIENCE)
            .ignoreExceptionsInstanceOf(PersistenceException.class)
            .until(() -> isIdle(streams));
        assertThat(
                streams
                    .deadLetters(StreamConsumerProcess.STREAM, StreamConsumerProcess.CONSUMER)
                    .page(0, 10))
            .isEmpty();
      }
      verify(installation, messages, ordered);
      long again = lines.stream().filter("again"::equals).count();
      servers.report(
          name,
          "kills=%d messages=%d deliveries=%d lost=0 twice=0 reordered=%s again=%d"
              .formatted(kills, messages, lines.size(), ordered ? "0" : "allowed", again));
    }
  }

  private static boolean isIdle(Streams streams) {
    RunningConsumer found =
        streams.find(StreamConsumerProcess.STREAM, StreamConsumerProcess.CONSUMER).orElseThrow();
    return found.pending() == 0 && found.unacknowledged() == 0;
  }

  /**
   * Publishes one message after the other, each until it is certain that it is there, and waits
   * while the consumers are far behind.
   */
  private static final class Load extends Thread {

    private static final int AHEAD = 200;

    private final Publisher<Integer> publisher;
    private final BlockingQueue<String> handled;
    private volatile boolean stopped;
    private int published;

    Load(Publisher<Integer> publisher, BlockingQueue<String> handled) {
      super("fault-publisher");
      this.publisher = publisher;
      this.handled = handled;
    }

    @Override
    public void run() {
      while (!stopped) {
        await().atMost(PATIENCE).until(() -> stopped || published < handled.size() + AHEAD);
        publish(published++);
      }
    }

    private void publish(int value) {
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .ignoreExceptionsInstanceOf(PersistenceException.class)
          .until(
              () ->
                  publisher.publish("work." + value % SUBJECTS, "id-" + value, value).sequence()
                      > 0);
    }

    /** Returns how many messages it has published. */
    int end() throws InterruptedException {
      stopped = true;
      join(PATIENCE.toMillis());
      assertThat(isAlive()).isFalse();
      return published;
    }
  }

  private static void verify(Installation installation, int messages, boolean ordered) {
    assertThat(installation.query("SELECT value FROM public.work ORDER BY value"))
        .as("the work of each message, once")
        .containsExactlyElementsOf(IntStream.range(0, messages).mapToObj(String::valueOf).toList());
    if (ordered) {
      assertThat(
              installation.query(
                  "SELECT count(*) FROM (SELECT value < lag(value) OVER (PARTITION BY subject ORDER"
                      + " BY id) AS back FROM public.work) AS w WHERE back"))
          .as("messages that came before an earlier one of their subject")
          .containsExactly("0");
    }
  }
}
