package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Content;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.SuccessApiResponse;
import io.nats.client.support.Encoding;
import io.nats.client.support.JsonParseException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads messages of streams without consuming them, and removes single ones. */
final class StreamReads {

  /** Sequences that no message has, and those of messages that are gone. */
  private static final List<Integer> NO_SUCH_MESSAGE = List.of(10037, 10043, 10057);

  /**
   * What the server answers to those who want to read a work queue beside its consumers, and a
   * server before 2.10 to a filter that spans several subjects of the stream (10093).
   */
  static final List<Integer> NO_READERS = List.of(10084, 10093, 10098, 10099, 10100);

  private static final int MOST_AT_ONCE = 2_000;
  private static final int MOST_ONE_BY_ONE = 100;

  private final NatsLink link;
  private final StreamMessages messages;

  StreamReads(NatsLink link, StreamMessages messages) {
    this.link = link;
    this.messages = messages;
  }

  Optional<Stored> lastBySubject(String stream, String subject) {
    String name = messages.names().stream(stream);
    String what = "look for the last message of " + subject + " in stream " + name;
    Message answer =
        link.ask(
            () -> what,
            "$JS.API.STREAM.MSG.GET." + name,
            null,
            BucketReads.lastBySubject(messages.names().subject(subject)),
            link.requestTimeout());
    try {
      return BucketReads.message(what, answer).map(found -> messages.answered(what, found));
    } catch (JetStreamApiException | JsonParseException | RuntimeException e) {
      throw StreamFailures.of(link, what, name, e);
    }
  }

  List<Stored> page(
      String stream, Optional<String> filter, long afterSequence, int max, Content content) {
    String name = messages.names().stream(stream);
    String what = "read stream " + name;
    long deadline = System.nanoTime() + link.requestTimeout().toNanos();
    ConsumerConfiguration.Builder consumer =
        ConsumerConfiguration.builder()
            .ackPolicy(AckPolicy.None)
            .deliverPolicy(DeliverPolicy.ByStartSequence)
            .startSequence(afterSequence + 1)
            .headersOnly(content == Content.HEADERS);
    filter.map(messages.names()::subject).ifPresent(consumer::filterSubject);
    List<Stored> page = new ArrayList<>();
    try (PullSubscription reader =
        PullSubscription.toEnd(
            PulledConsumer.ephemeral(link, link.connection(), name, what, consumer),
            Math.min(max, MOST_AT_ONCE))) {
      Message message = reader.next(left(deadline));
      while (message != null) {
        page.add(messages.delivered(message));
        message = page.size() < max ? reader.next(left(deadline)) : null;
      }
      if (page.isEmpty()) {
        reader.requireEnd();
      }
      return page;
    } catch (PersistenceException e) {
      if (e.getCause() instanceof JetStreamApiException refused
          && NO_READERS.contains(refused.getApiErrorCode())) {
        return oneByOne(name, filter, afterSequence, max);
      }
      throw e.getCause() == null ? e : StreamFailures.of(link, what, name, e.getCause());
    }
  }

  /** Reads without a consumer. A work queue has none beside those that work. */
  private List<Stored> oneByOne(String name, Optional<String> filter, long afterSequence, int max) {
    String what = "read stream " + name;
    String wanted = Encoding.jsonEncode(filter.map(messages.names()::subject).orElse(">"));
    List<Stored> page = new ArrayList<>();
    long after = afterSequence;
    while (page.size() < Math.min(max, MOST_ONE_BY_ONE)) {
      String request = "{\"seq\":" + (after + 1) + ",\"next_by_subj\":\"" + wanted + "\"}";
      Message answer =
          link.ask(
              () -> what,
              "$JS.API.STREAM.MSG.GET." + name,
              null,
              request.getBytes(StandardCharsets.UTF_8),
              link.requestTimeout());
      Optional<Stored> found;
      try {
        found = BucketReads.message(what, answer).map(message -> messages.answered(what, message));
      } catch (JetStreamApiException | JsonParseException | RuntimeException e) {
        throw StreamFailures.of(link, what, name, e);
      }
      if (found.isEmpty()) {
        break;
      }
      page.add(found.get());
      after = found.get().sequence();
    }
    return page;
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  boolean remove(String stream, long sequence) {
    String name = messages.names().stream(stream);
    String what = "remove message " + sequence + " of stream " + name;
    Message answer =
        link.ask(
            () -> what,
            "$JS.API.STREAM.MSG.DELETE." + name,
            null,
            ("{\"seq\":" + sequence + ",\"no_erase\":true}").getBytes(StandardCharsets.UTF_8),
            link.requestTimeout());
    try {
      SuccessApiResponse response = new SuccessApiResponse(answer);
      if (response.hasError() && NO_SUCH_MESSAGE.contains(response.getApiErrorCode())) {
        return false;
      }
      response.throwOnHasError();
      return true;
    } catch (JetStreamApiException | RuntimeException e) {
      throw StreamFailures.of(link, what, name, e);
    }
  }
}
