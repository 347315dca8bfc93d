package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.stream.Streams.Running;
import io.mistersmith.persistence.stream.Streams.RunningConsumer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Streams and their consumers. Names and subjects are without the installation's prefix, which the
 * store adds and removes. Thread-safe; every call ends within the store's request timeout.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s: {@code NOT_FOUND}
 * (not transient) when the stream or consumer does not exist, {@code MISCONFIGURED} (not transient)
 * when the server refuses a plan, or the stream bears another installation's identity, {@code
 * VALUE_TOO_LARGE}, {@code STORE_FULL}, {@code CLOSED} (not transient), {@code CONNECTION_FAILED}
 * and {@code UNAVAILABLE} (transient; nothing was applied), {@code TIMEOUT} of a read (transient),
 * and {@code OUTCOME_UNKNOWN} of a publish (transient; it was sent, and its acknowledgement did not
 * come; it is not stored later than that). Acknowledgements repeat nothing: what was not
 * acknowledged is delivered again.
 */
public interface StreamStore {

  /** Returns what {@link #apply(StreamPlan)} would change. */
  Changes compare(StreamPlan plan);

  /**
   * Creates or changes the stream, which bears this installation's identity from then on; returns
   * what was changed. Replicas are clamped to what the cluster has.
   */
  Changes apply(StreamPlan plan);

  /** Returns what {@link #apply(ConsumerPlan)} would change. The plan has a name. */
  Changes compare(ConsumerPlan plan);

  /** Creates or changes a durable consumer; returns what was changed. The plan has a name. */
  Changes apply(ConsumerPlan plan);

  /** Returns a stream as it is; asks its leader. */
  Optional<Running> find(String stream);

  /** Returns a durable consumer as it is; asks its leader. */
  Optional<RunningConsumer> findConsumer(String stream, String consumer);

  /** Deletes a stream with its messages and consumers; returns whether there was one. */
  boolean deleteStream(String stream);

  /** Deletes a durable consumer; returns whether there was one. */
  boolean deleteConsumer(String stream, String consumer);

  /**
   * The largest message, headers included, that the server takes at present; without a connection,
   * as the last one said. A stream's own bound may be lower.
   */
  int maxPayload();

  /**
   * Publishes a message. Blocks while the window of unacknowledged messages is full. Messages of
   * one thread are stored in the order of its calls, where none fails. The future completes
   * exceptionally with a {@code PersistenceException} itself; what follows on it must not block.
   */
  CompletableFuture<Published> publish(Outgoing message);

  /** Returns the last message of a subject, which has no wildcards; asks the leader. */
  Optional<Stored> lastBySubject(String stream, String subject);

  /**
   * Returns messages in their order, without acknowledging them: those after a sequence, as many as
   * there are up to {@code max}. Empty means that there are none. It may return fewer than there
   * are, but at least one then.
   *
   * @param filter only messages of these subjects; empty for all
   * @param max how many at most, at least 1
   */
  List<Stored> page(
      String stream, Optional<String> filter, long afterSequence, int max, Content content);

  /**
   * Returns the streams of this installation whose names and subjects begin with another prefix, in
   * place of the configured one: those of a tenant.
   */
  StreamStore withPrefix(String namePrefix);

  /** Removes a message; returns whether it was there. */
  boolean remove(String stream, long sequence);

  /**
   * Opens a reader of a consumer's messages. It sends nothing before {@link Fetcher#fetch}, and
   * reconnects by itself: after a transient failure call {@code fetch} again. A durable consumer
   * must have been applied; an ephemeral one is created by the first fetch, and after it was lost
   * goes on behind the last message that it returned.
   */
  Fetcher fetcher(ConsumerPlan plan);

  /** Whether bodies are wanted. */
  enum Content {
    /** Headers and bodies. */
    ALL,
    /** Headers alone; the bodies are empty. */
    HEADERS
  }

  /**
   * A message to be published.
   *
   * @param stream the stream that must store it
   * @param subject its subject
   * @param id for de-duplication within the stream's window; visible ASCII
   * @param headers other headers: names of visible ASCII without colons, values of ASCII without
   *     line breaks
   * @param body its bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // messages are carried, never compared
  record Outgoing(
      String stream,
      String subject,
      Optional<String> id,
      Map<String, String> headers,
      byte[] body) {

    /** Copies the headers. */
    public Outgoing {
      headers = Map.copyOf(headers);
    }
  }

  /**
   * A message of a stream.
   *
   * @param subject its subject
   * @param sequence its place in the stream
   * @param time when the server stored it
   * @param id the id that it was published with
   * @param headers its other headers, the first value of each; without those whose names begin with
   *     {@code Nats-}. Empty where headers cannot be read
   * @param body its bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // messages are carried, never compared
  record Stored(
      String subject,
      long sequence,
      Instant time,
      Optional<String> id,
      Map<String, String> headers,
      byte[] body) {}

  /** Reads a consumer's messages. Used by one thread; {@link #close} may be called by another. */
  interface Fetcher extends AutoCloseable {

    /**
     * Returns messages as soon as there are any, or none when none came in {@code wait}. Fails as
     * transient while the consumer cannot be read, and with {@code NOT_FOUND} while it does not
     * exist.
     *
     * @param max how many at most
     * @param wait how long at most
     */
    List<Delivered> fetch(int max, Duration wait);

    /**
     * Gives back what was delivered and not yet returned, as far as the server can be reached: it
     * is delivered again at once.
     */
    @Override
    void close();
  }

  /**
   * A delivery of a message. Thread-safe. Nothing but {@link #acknowledge} waits for the server.
   */
  interface Delivered {

    /** Returns the message. */
    Stored message();

    /** Returns which delivery of the message this is, from 1. */
    int attempt();

    /** Returns how many messages the consumer had yet to deliver after this one. */
    long pending();

    /**
     * Acknowledges the message. The future completes when the server has confirmed it; when it
     * fails, the message may be delivered again.
     */
    CompletableFuture<Void> acknowledge();

    /** Lets the server deliver the message again after the delay; zero is at once. */
    void retryAfter(Duration delay);

    /** Restarts the time for the acknowledgement. */
    void inProgress();
  }
}
