package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamOptions;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * A consumer that messages are pulled from.
 *
 * @param connection the connection that it is read on, and on no other
 * @param stream the full name of its stream
 * @param name its name
 * @param what what reading it is for, as it begins the message of a failure
 * @param shared whether others may read it too, so that its sequence has gaps here
 * @param pending how many messages it had to deliver when it was looked at
 * @param created when it was created, by the server's clock
 */
record PulledConsumer(
    Connection connection,
    String stream,
    String name,
    String what,
    boolean shared,
    long pending,
    Instant created) {

  private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(1);

  /**
   * Creates an ephemeral consumer: a cursor over a stream that the server forgets a minute after it
   * was last used.
   */
  static PulledConsumer ephemeral(
      NatsLink link,
      Connection connection,
      String stream,
      String what,
      ConsumerConfiguration.Builder consumer) {
    try {
      ConsumerInfo info =
          connection
              .jetStreamManagement(
                  JetStreamOptions.builder().requestTimeout(link.requestTimeout()).build())
              .addOrUpdateConsumer(
                  stream,
                  consumer
                      .name("persistence-" + UUID.randomUUID())
                      .memStorage(true)
                      .numReplicas(1)
                      .inactiveThreshold(FORGOTTEN_AFTER)
                      .build());
      return of(connection, info, what, false);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw link.failure(what, e);
    }
  }

  static PulledConsumer of(Connection connection, ConsumerInfo info, String what, boolean shared) {
    return new PulledConsumer(
        connection,
        info.getStreamName(),
        info.getName(),
        what,
        shared,
        info.getNumPending(),
        info.getCreationTime().toInstant());
  }

  /** The subject of its pull requests. */
  String pullSubject() {
    return "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + name;
  }

  /** Lets the server forget a consumer that nobody else reads; does not wait for that. */
  void release() {
    if (!shared) {
      delete();
    }
  }

  /** Lets the server forget it now; does not wait for that. */
  void delete() {
    if (connection.getStatus() == Connection.Status.CONNECTED) {
      connection.publish("$JS.API.CONSUMER.DELETE." + stream + "." + name, Entries.NO_VALUE);
    }
  }
}
