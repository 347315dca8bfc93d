package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange.Start;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;

/**
 * An ephemeral pull consumer without acknowledgements: a cursor over a stream that the server
 * forgets a minute after it was last used.
 *
 * @param connection the connection that it was made on; it is read on no other one
 * @param stream the stream
 * @param name its name
 * @param pending how many messages it had to deliver when it was made
 * @param created when that was, by the server's clock
 * @param allShards whether it delivers all shards' messages although it was to deliver some
 */
record JournalConsumer(
    Connection connection,
    BucketStream stream,
    String name,
    long pending,
    Instant created,
    boolean allShards) {

  private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(1);

  static JournalConsumer over(NatsLink link, BucketStream stream, JournalRange range) {
    Connection connection = link.connection();
    boolean filtered = ServerCapabilities.of(connection.getServerInfo()).severalFilters();
    ConsumerConfiguration.Builder consumer = ConsumerConfiguration.builder();
    if (range.start() instanceof Start.AtSequence at) {
      consumer
          .deliverPolicy(DeliverPolicy.ByStartSequence)
          .startSequence(Math.max(1, at.sequence()));
    } else if (range.start() instanceof Start.AtTime at) {
      consumer.deliverPolicy(DeliverPolicy.ByStartTime).startTime(at.time().atZone(ZoneOffset.UTC));
    }
    if (range.headersOnly()) {
      consumer.headersOnly(true);
    }
    range
        .agent()
        .ifPresent(
            agent ->
                consumer.filterSubject(
                    stream.subjectPrefix() + KeyEncoding.filter(agent, range.prefix())));
    if (filtered && !range.shards().isEmpty()) {
      consumer.filterSubjects(
          range.shards().stream()
              .map(shard -> stream.subjectPrefix() + KeyEncoding.filter(shard))
              .toList());
    }
    return create(link, connection, stream, consumer, !filtered && !range.shards().isEmpty());
  }

  /**
   * Returns a consumer of the latest message of each key that the filter passes, without values.
   */
  static JournalConsumer ofLatest(NatsLink link, BucketStream stream, String filter) {
    return create(
        link,
        link.connection(),
        stream,
        ConsumerConfiguration.builder()
            .deliverPolicy(DeliverPolicy.LastPerSubject)
            .headersOnly(true)
            .filterSubject(stream.subjectPrefix() + filter),
        false);
  }

  /**
   * Tells {@code clock} the server's time by making a consumer: a server older than 2.10 puts its
   * time into no other answer. Asks several times, since a slow answer says little.
   */
  static void askTime(NatsLink link, BucketStream stream, ServerClock clock) {
    for (int i = 0; i < 3; i++) {
      long asked = System.nanoTime();
      JournalConsumer made = over(link, stream, JournalRange.from(1).withoutValues());
      clock.observe(made.created(), asked);
      made.delete();
    }
  }

  private static JournalConsumer create(
      NatsLink link,
      Connection connection,
      BucketStream stream,
      ConsumerConfiguration.Builder consumer,
      boolean allShards) {
    String what = "read the journal of bucket " + stream.bucket();
    try {
      ConsumerInfo info =
          connection
              .jetStreamManagement(
                  JetStreamOptions.builder().requestTimeout(link.requestTimeout()).build())
              .addOrUpdateConsumer(
                  stream.stream(),
                  consumer
                      .name("persistence-" + UUID.randomUUID())
                      .ackPolicy(AckPolicy.None)
                      .memStorage(true)
                      .numReplicas(1)
                      .inactiveThreshold(FORGOTTEN_AFTER)
                      .build());
      return new JournalConsumer(
          connection,
          stream,
          info.getName(),
          info.getNumPending(),
          info.getCreationTime().toInstant(),
          allShards);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw link.failure(what, e);
    }
  }

  /** The subject of its pull requests. */
  String pullSubject() {
    return "$JS.API.CONSUMER.MSG.NEXT." + stream.stream() + "." + name;
  }

  /** Lets the server forget it now; does not wait for that. */
  void delete() {
    if (connection.getStatus() == Connection.Status.CONNECTED) {
      connection.publish(
          "$JS.API.CONSUMER.DELETE." + stream.stream() + "." + name, Entries.NO_VALUE);
    }
  }
}
