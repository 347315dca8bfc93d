package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange.Start;
import io.nats.client.Connection;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DeliverPolicy;
import java.time.ZoneOffset;

/**
 * An ephemeral consumer of a bucket's stream.
 *
 * @param pulled the consumer
 * @param stream the stream
 * @param allShards whether it delivers all shards' messages although it was to deliver some
 */
record JournalConsumer(PulledConsumer pulled, BucketStream stream, boolean allShards) {

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
      clock.observe(made.pulled().created(), asked);
      made.pulled().delete();
    }
  }

  private static JournalConsumer create(
      NatsLink link,
      Connection connection,
      BucketStream stream,
      ConsumerConfiguration.Builder consumer,
      boolean allShards) {
    return new JournalConsumer(
        PulledConsumer.ephemeral(
            link,
            connection,
            stream.stream(),
            "read the journal of bucket " + stream.bucket(),
            consumer.ackPolicy(AckPolicy.None)),
        stream,
        allShards);
  }
}
