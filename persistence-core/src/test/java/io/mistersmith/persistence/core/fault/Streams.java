package io.mistersmith.persistence.core.fault;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.StreamInfoOptions;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The stream behind an installation's agent state, over a plain connection past the library. */
final class Streams implements AutoCloseable {

  private final Connection connection;
  private final String bucket;

  private Streams(Connection connection, String bucket) {
    this.connection = connection;
    this.bucket = bucket;
  }

  static Streams of(Installation installation) {
    try {
      return new Streams(Nats.connect(installation.natsUrl()), installation.bucket());
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

  StreamInfo info() {
    try {
      return management().getStreamInfo(stream());
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Publishes bytes to a subject of the bucket, as whoever else has its password could. */
  long publish(String encodedKey, String value, Headers headers) {
    try {
      PublishAck acknowledged =
          connection
              .jetStream()
              .publish(
                  "$KV." + bucket + "." + encodedKey,
                  headers,
                  value.getBytes(StandardCharsets.UTF_8));
      return acknowledged.getSeqno();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many messages of this key there are. */
  long messages(String encodedKey) {
    try {
      return management()
          .getStreamInfo(
              stream(), StreamInfoOptions.filterSubjects("$KV." + bucket + "." + encodedKey))
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

  Connection connection() {
    return connection;
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
