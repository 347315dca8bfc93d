package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.ClusterInfo;
import io.nats.client.api.Replica;
import io.nats.client.api.StreamInfo;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks over one connection whether streams can be written: whether each has a leader that hears
 * from most of its replicas. A leader that was cut off from the others goes on answering questions
 * for 10 to 20 s, but acknowledges nothing; when it heard from them last tells it apart.
 */
final class StreamProbe {

  private static final Duration ANSWER = Duration.ofSeconds(1);

  /** Replicas answer their leader every second. */
  private static final Duration SILENCE = Duration.ofMillis(2_500);

  private StreamProbe() {}

  /**
   * The reason why a stream cannot be written.
   *
   * @param why in words; empty when it can be written
   * @param refused what the server answered instead of the stream's state
   */
  record Trouble(String why, @Nullable JetStreamApiException refused) {

    static final Trouble NONE = new Trouble("", null);

    static Trouble of(String why) {
      return new Trouble(why, null);
    }

    boolean isNone() {
      return why.isEmpty();
    }
  }

  /**
   * The result of a look at the streams.
   *
   * @param asked how many streams were asked for
   * @param writable how many of them can be written
   * @param trouble what is wrong with the last one that cannot
   */
  record Verdict(int asked, int writable, Trouble trouble) {

    boolean isGood() {
      return writable == asked;
    }
  }

  static Verdict ask(Connection connection, Collection<String> streams)
      throws InterruptedException {
    if (streams.isEmpty()) {
      return askAccount(connection);
    }
    Map<String, CompletableFuture<Message>> answers = new LinkedHashMap<>();
    try {
      for (String stream : streams) {
        answers.put(
            stream,
            connection.requestWithTimeout(
                "$JS.API.STREAM.INFO." + stream, null, Entries.NO_VALUE, ANSWER));
      }
    } catch (IllegalStateException e) {
      return new Verdict(streams.size(), 0, Trouble.of("the connection is gone"));
    }
    int writable = 0;
    Trouble trouble = Trouble.NONE;
    for (Map.Entry<String, CompletableFuture<Message>> answer : answers.entrySet()) {
      Trouble found = trouble(answer.getKey(), answer.getValue());
      if (found.isNone()) {
        writable++;
      } else {
        trouble = found;
      }
    }
    return new Verdict(streams.size(), writable, trouble);
  }

  private static Verdict askAccount(Connection connection) throws InterruptedException {
    try {
      boolean answered = connection.request("$JS.API.INFO", Entries.NO_VALUE, ANSWER) != null;
      return answered
          ? new Verdict(1, 1, Trouble.NONE)
          : new Verdict(1, 0, Trouble.of("JetStream does not answer"));
    } catch (IllegalStateException e) {
      return new Verdict(1, 0, Trouble.of("the connection is gone"));
    }
  }

  private static Trouble trouble(String stream, CompletableFuture<Message> answer)
      throws InterruptedException {
    try {
      Message message = answer.get(ANSWER.toMillis() + 200, TimeUnit.MILLISECONDS);
      if (message.isStatusMessage()) {
        return Trouble.of("JetStream does not answer on this server");
      }
      StreamInfo info = new StreamInfo(message);
      if (info.hasError()) {
        info.throwOnHasError();
      }
      return trouble(stream, info.getClusterInfo());
    } catch (JetStreamApiException e) {
      return NatsFailures.isStreamMissing(e)
          ? Trouble.NONE // the server that answers for all streams does answer
          : new Trouble(
              "stream " + stream + ": NATS error " + e.getApiErrorCode() + ", " + e.getMessage(),
              e);
    } catch (ExecutionException | TimeoutException | CancellationException e) {
      return Trouble.of("the leader of stream " + stream + " does not answer over this server");
    }
  }

  private static Trouble trouble(String stream, @Nullable ClusterInfo cluster) {
    if (cluster == null) {
      return Trouble.NONE;
    }
    if (cluster.getLeader() == null || cluster.getLeader().isEmpty()) {
      return Trouble.of("stream " + stream + " has no leader");
    }
    int heard = 1;
    int all = 1;
    if (cluster.getReplicas() != null) {
      for (Replica replica : cluster.getReplicas()) {
        all++;
        heard += isHeard(replica) ? 1 : 0;
      }
    }
    return 2 * heard > all
        ? Trouble.NONE
        : Trouble.of(
            "the leader of stream %s hears from %d of its %d replicas"
                .formatted(stream, heard - 1, all - 1));
  }

  private static boolean isHeard(Replica replica) {
    return !replica.isOffline()
        && (replica.getActive() == null || replica.getActive().compareTo(SILENCE) < 0);
  }
}
