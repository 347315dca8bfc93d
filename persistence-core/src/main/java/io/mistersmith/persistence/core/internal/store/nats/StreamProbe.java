package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.ClusterInfo;
import io.nats.client.api.Replica;
import io.nats.client.api.StreamInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private static final Duration ANSWER = Duration.ofMillis(700);

  /** Replicas answer their leader every second. */
  private static final Duration SILENCE = Duration.ofMillis(2_500);

  /** Stands for all streams where none is known. */
  private static final String ACCOUNT = "";

  private final Map<String, CompletableFuture<Message>> answers;

  private StreamProbe(Map<String, CompletableFuture<Message>> answers) {
    this.answers = answers;
  }

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
   * @param writable the streams that can be written
   * @param troubled those that cannot
   * @param trouble what is wrong with the last one that cannot
   */
  record Verdict(Set<String> writable, Set<String> troubled, Trouble trouble) {

    boolean isGood() {
      return troubled.isEmpty();
    }
  }

  /** Sends the questions. */
  static StreamProbe ask(Connection connection, Collection<String> streams) {
    Map<String, CompletableFuture<Message>> answers = new LinkedHashMap<>();
    for (String stream : streams.isEmpty() ? List.of(ACCOUNT) : streams) {
      String subject = stream.equals(ACCOUNT) ? "$JS.API.INFO" : "$JS.API.STREAM.INFO." + stream;
      answers.put(stream, send(connection, subject));
    }
    return new StreamProbe(answers);
  }

  private static CompletableFuture<Message> send(Connection connection, String subject) {
    try {
      return connection.requestWithTimeout(subject, null, Entries.NO_VALUE, ANSWER);
    } catch (IllegalStateException e) {
      return CompletableFuture.failedFuture(e); // the connection is gone
    }
  }

  /**
   * Asks whether JetStream answers, for all streams or for one of these. For all answers a leader
   * of their own, which may be missing when those of the streams are there.
   */
  static StreamProbe askForAny(Connection connection, Collection<String> streams) {
    Set<String> asked = new LinkedHashSet<>(streams);
    asked.add(ACCOUNT);
    return ask(connection, asked);
  }

  /** Waits for the first good answer, less than 1 s; returns whether there is one. */
  boolean isAnyWritable() throws InterruptedException {
    CompletableFuture<Boolean> any = new CompletableFuture<>();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    answers.forEach(
        (stream, answer) ->
            all.add(
                answer.thenAccept(
                    message -> {
                      if (trouble(stream, message).isNone()) {
                        any.complete(true);
                      }
                    })));
    CompletableFuture<Boolean> none =
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
            .handle((nothing, failure) -> false);
    try {
      return CompletableFuture.anyOf(any, none)
          .get(ANSWER.toMillis() + 200, TimeUnit.MILLISECONDS)
          .equals(true);
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  /** Waits for the answers, less than 1 s. */
  Verdict verdict() throws InterruptedException {
    Set<String> writable = new HashSet<>();
    Set<String> troubled = new HashSet<>();
    Trouble trouble = Trouble.NONE;
    for (Map.Entry<String, CompletableFuture<Message>> answer : answers.entrySet()) {
      Trouble found = trouble(answer.getKey(), answer.getValue());
      if (found.isNone()) {
        writable.add(answer.getKey());
      } else {
        troubled.add(answer.getKey());
        trouble = found;
      }
    }
    return new Verdict(writable, troubled, trouble);
  }

  private static Trouble trouble(String stream, CompletableFuture<Message> answer)
      throws InterruptedException {
    try {
      return trouble(stream, answer.get(ANSWER.toMillis() + 200, TimeUnit.MILLISECONDS));
    } catch (ExecutionException | TimeoutException | CancellationException e) {
      return Trouble.of(
          stream.equals(ACCOUNT)
              ? "JetStream does not answer"
              : "the leader of stream " + stream + " does not answer over this server");
    }
  }

  private static Trouble trouble(String stream, Message message) {
    try {
      if (message.isStatusMessage()) {
        return Trouble.of("JetStream does not answer on this server");
      }
      if (stream.equals(ACCOUNT)) {
        return Trouble.NONE;
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
