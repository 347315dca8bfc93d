package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.model.HybridTimestamp;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.PurgeOptions;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.ClusterInfo;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.StreamInfoOptions;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/** The stream behind an installation's agent state, over a plain connection past the library. */
final class Streams implements AutoCloseable {

  private static final int CONSUMER_NOT_FOUND = 10014;
  private static final Duration QUESTION = Duration.ofMillis(250);

  private final Connection connection;
  private final String bucket;

  private Streams(Connection connection, String bucket) {
    this.connection = connection;
    this.bucket = bucket;
  }

  static Streams of(Installation installation) {
    try {
      return new Streams(
          Nats.connect(installation.natsUrl().split(",", 2)[0]), installation.bucket());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Deletes the bucket. */
  void delete() {
    try {
      if (!management().deleteStream(stream())) {
        throw new IllegalStateException("not deleted");
      }
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Deletes the bucket, and makes it again with the same settings. */
  void recreate() {
    try {
      StreamConfiguration configuration = info().getConfiguration();
      delete();
      if (management().addStream(configuration).getStreamState().getLastSequence() != 0) {
        throw new IllegalStateException("not a new one");
      }
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Deletes all consumers of the stream, as an operator or a fault of the server may. */
  void deleteConsumers() {
    forEachConsumer(name -> management().deleteConsumer(stream(), name));
  }

  /** Lets the server send them no more messages; they live on. From 2.11 on. */
  void pauseConsumers(Duration time) {
    ZonedDateTime end = ZonedDateTime.now(ZoneOffset.UTC).plus(time);
    forEachConsumer(name -> management().pauseConsumer(stream(), name, end).isPaused());
  }

  private interface ConsumerCall {
    boolean run(String name) throws IOException, JetStreamApiException;
  }

  private void forEachConsumer(ConsumerCall call) {
    try {
      for (String name : management().getConsumerNames(stream())) {
        forConsumer(name, call);
      }
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A reader may have replaced it meanwhile. */
  private static void forConsumer(String name, ConsumerCall call)
      throws IOException, JetStreamApiException {
    try {
      if (!call.run(name)) {
        throw new IllegalStateException("refused for consumer " + name);
      }
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() != CONSUMER_NOT_FOUND) {
        throw e;
      }
    }
  }

  StreamInfo info() {
    try {
      return management().getStreamInfo(stream());
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The name of the server that leads the stream's replicas. A stream without a leader answers
   * nothing, not even later, so the question has little time.
   */
  String leader() {
    return cluster().getLeader();
  }

  /** Whether a server other than {@code lost} leads the stream, and another replica keeps up. */
  boolean isWritableWithout(String lost) {
    ClusterInfo cluster = cluster();
    return !lost.equals(cluster.getLeader())
        && cluster.getReplicas().stream()
            .anyMatch(
                replica ->
                    replica.isCurrent() && !replica.isOffline() && !lost.equals(replica.getName()));
  }

  private ClusterInfo cluster() {
    try {
      return connection
          .jetStreamManagement(JetStreamOptions.builder().requestTimeout(QUESTION).build())
          .getStreamInfo(stream())
          .getClusterInfo();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Publishes bytes to a subject of the bucket, as any client with its password could. */
  long publish(String encodedKey, String value, Headers headers) {
    try {
      PublishAck acknowledged =
          connection
              .jetStream()
              .publish(subject(encodedKey), headers, value.getBytes(StandardCharsets.UTF_8));
      return acknowledged.getSeqno();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The last message of this key, whose conflicts are resolved. */
  StoredVersion last(String encodedKey) {
    try {
      MessageInfo message = management().getLastMessage(stream(), subject(encodedKey));
      Headers headers = message.getHeaders();
      String time = headers.getLast("Persistence-Time");
      String clock = headers.getLast("Persistence-Clock");
      return StoredVersion.of(
          new String(message.getData(), StandardCharsets.UTF_8),
          time,
          clock == null ? time : clock);
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The hybrid timestamps of all versions of this key that are stored while {@code action} runs, in
   * the order in which they are.
   */
  List<HybridTimestamp> timesDuring(String encodedKey, Runnable action) {
    try {
      JetStreamSubscription all =
          connection
              .jetStream()
              .subscribe(
                  subject(encodedKey),
                  PushSubscribeOptions.builder().stream(stream()).ordered(true).build());
      action.run();
      long last = management().getLastMessage(stream(), subject(encodedKey)).getSeq();
      List<HybridTimestamp> times = new ArrayList<>();
      for (long at = 0; at < last; ) {
        Message message = all.nextMessage(Duration.ofSeconds(10));
        at = message == null ? last : message.metaData().streamSequence();
        if (message != null) {
          times.add(HybridTimestamp.parse(message.getHeaders().getLast("Persistence-Time")));
        }
      }
      all.unsubscribe();
      return times;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many messages of this key there are. */
  long messages(String encodedKey) {
    try {
      return management()
          .getStreamInfo(stream(), StreamInfoOptions.filterSubjects(subject(encodedKey)))
          .getStreamState()
          .getSubjectMap()
          .values()
          .stream()
          .mapToLong(Long::longValue)
          .sum();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Removes all messages of these keys without a trace, as an eviction does. */
  void evict(String encodedKeys) {
    try {
      if (!management()
          .purgeStream(stream(), PurgeOptions.builder().subject(subject(encodedKeys)).build())
          .isSuccess()) {
        throw new IllegalStateException("not purged");
      }
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The sequence that whichever replica is asked answers for the key. */
  long sequenceByDirectGet(String encodedKey) {
    try {
      String request = "{\"last_by_subj\":\"" + subject(encodedKey) + "\"}";
      Message answer =
          connection.request(
              "$JS.API.DIRECT.GET." + stream(),
              request.getBytes(StandardCharsets.UTF_8),
              Duration.ofSeconds(5));
      String sequence = answer.getHeaders().getFirst("Nats-Sequence");
      return sequence == null ? 0 : Long.parseLong(sequence);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private String subject(String encodedKey) {
    return "$KV." + bucket + "." + encodedKey;
  }

  String stream() {
    return "KV_" + bucket;
  }

  private JetStreamManagement management() throws IOException {
    return connection.jetStreamManagement();
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
