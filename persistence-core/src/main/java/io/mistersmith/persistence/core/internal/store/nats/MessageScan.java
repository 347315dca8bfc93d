package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.backup.IoConsumer;
import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** Reads the messages of a stream in order, without consuming them. */
record MessageScan(StreamApi api, String stream) {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Takes every message up to a sequence, the last one included. */
  void upTo(long last, IoConsumer<StreamMessage> each) throws IOException {
    try {
      long from = 1;
      long next = part(from, last, each);
      while (next > from && next <= last) {
        from = next;
        next = part(from, last, each);
      }
    } catch (PersistenceException e) {
      if (e.getCause() instanceof JetStreamApiException refused
          && StreamReads.NO_READERS.contains(refused.getApiErrorCode())) {
        oneByOne(last, each);
        return;
      }
      throw e;
    }
  }

  /**
   * Takes messages until the server says that there are no more. It may say so too early, when
   * messages are removed meanwhile: only when it delivers none, there are none.
   *
   * @return where to go on; {@code from} when nothing was delivered, beyond {@code last} at the end
   */
  private long part(long from, long last, IoConsumer<StreamMessage> each) throws IOException {
    ConsumerConfiguration.Builder consumer =
        ConsumerConfiguration.builder()
            .ackPolicy(AckPolicy.None)
            .deliverPolicy(DeliverPolicy.ByStartSequence)
            .startSequence(from);
    long next = from;
    try (PullSubscription reader =
        PullSubscription.toEnd(
            PulledConsumer.ephemeral(api.link(), api.connection(), stream, what(), consumer))) {
      Message message = reader.next(PATIENCE);
      while (message != null) {
        StreamMessage stored = StreamMessage.delivered(message);
        if (stored.sequence() > last) {
          return last + 1;
        }
        each.accept(stored);
        next = stored.sequence() + 1;
        message = next > last ? null : reader.next(PATIENCE);
      }
      if (next <= last) {
        reader.requireEnd();
      }
      return next;
    }
  }

  /** A work queue has no consumers beside those that work. */
  private void oneByOne(long last, IoConsumer<StreamMessage> each) throws IOException {
    long after = 0;
    while (after < last) {
      String request = "{\"seq\":" + (after + 1) + ",\"next_by_subj\":\">\"}";
      Message answer =
          api.send(
              what(),
              "$JS.API.STREAM.MSG.GET." + stream,
              null,
              request.getBytes(StandardCharsets.UTF_8),
              StreamApi.BRIEF);
      Optional<JsonValue> found;
      try {
        found = BucketReads.message(what(), answer);
      } catch (JetStreamApiException | JsonParseException e) {
        throw api.link().failure(what(), e);
      }
      if (found.isEmpty()) {
        return;
      }
      StreamMessage stored = StreamMessage.answered(what(), found.get());
      if (stored.sequence() > last) {
        return;
      }
      each.accept(stored);
      after = stored.sequence();
    }
  }

  private String what() {
    return "read stream " + stream;
  }
}
