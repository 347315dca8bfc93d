package io.mistersmith.persistence.stream;

import io.mistersmith.persistence.state.JsonCodec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Streams of messages in NATS JetStream: created as planned, published to, consumed by handlers.
 * Obtain it by {@link io.mistersmith.persistence.Persistence#streams}. Thread-safe.
 *
 * <p>Names and subjects are without the installation's prefix everywhere. Calls fail with {@link
 * io.mistersmith.persistence.error.PersistenceException}s: {@code NOT_FOUND} when the stream or the
 * consumer does not exist, {@code MISCONFIGURED} when the server refuses a plan or the stream is
 * another installation's, {@code CONNECTION_FAILED}, {@code UNAVAILABLE} and {@code TIMEOUT}
 * (transient) when the server does not serve.
 */
public interface Streams {

  /** Returns what {@link #apply(StreamPlan)} would change. Changes nothing. */
  Changes compare(StreamPlan plan);

  /**
   * Creates the stream, or changes it to what is planned. Applying a plan again changes nothing. A
   * stream has as many replicas as {@code nats.replicas} says, and fewer while the cluster has
   * fewer servers.
   *
   * @return what was changed
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     MISCONFIGURED} when the server refuses it, such as a change of the storage; nothing is
   *     changed then
   */
  Changes apply(StreamPlan plan);

  /** Returns what {@link #apply(ConsumerPlan)} would change. Changes nothing. */
  Changes compare(ConsumerPlan plan);

  /**
   * Creates the durable consumer, or changes it to what is planned. Where it starts is not changed
   * any more. {@link #consume} applies its plan by itself.
   *
   * @return what was changed
   * @throws IllegalArgumentException for an ephemeral consumer
   */
  Changes apply(ConsumerPlan plan);

  /** Returns a stream as it is; empty when there is none of this name. */
  Optional<Running> find(String stream);

  /** Returns a durable consumer as it is; empty when there is none of this name. */
  Optional<RunningConsumer> find(String stream, String consumer);

  /**
   * Deletes a durable consumer, and with it what it remembers. Its dead letters stay.
   *
   * @return whether there was one
   */
  boolean deleteConsumer(String stream, String consumer);

  /**
   * Returns a publisher of values that are mapped to JSON by their fields.
   *
   * @param stream the stream that must store what is published
   */
  <T> Publisher<T> publisher(String stream, Class<T> type);

  /** {@link #publisher(String, Class)}, mapped by the caller's codec. */
  <T> Publisher<T> publisher(String stream, JsonCodec<T> codec);

  /**
   * Applies the plan and delivers its messages to the handler until the consumer is closed, also
   * after outages. A message that the codec cannot read becomes a dead letter.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when the plan cannot be applied
   */
  <T> StreamConsumer consume(
      ConsumerPlan plan,
      JsonCodec<T> codec,
      StreamConsumer.Options options,
      StreamConsumer.Handler<T> handler);

  /** {@link #consume(ConsumerPlan, JsonCodec, StreamConsumer.Options, StreamConsumer.Handler)}. */
  <T> StreamConsumer consume(
      ConsumerPlan plan,
      Class<T> type,
      StreamConsumer.Options options,
      StreamConsumer.Handler<T> handler);

  /** Returns the dead letters of a durable consumer. */
  DeadLetters deadLetters(String stream, String consumer);

  /**
   * Publishes values to a stream. Thread-safe.
   *
   * @param <T> the type of the values
   */
  interface Publisher<T> {

    /**
     * Publishes a value, and waits until the stream has stored it.
     *
     * @param subject one of the stream's, without wildcards
     * @throws io.mistersmith.persistence.error.PersistenceException as {@link #publishAsync}
     */
    Published publish(String subject, T value);

    /** {@link #publish(String, Object)} with an id: see {@link #publishAsync}. */
    Published publish(String subject, String id, T value);

    /**
     * Publishes a value without waiting for the server. Waits while {@code nats.maxInFlight}
     * messages are not acknowledged.
     *
     * @param id the server stores a message with this id once within the stream's duplicate window;
     *     visible ASCII
     * @param headers further headers; their names must not begin with {@code Nats-} or {@code
     *     Persistence-}
     * @return completes when the stream has stored it; or fails with {@code NOT_FOUND} when the
     *     stream does not exist or does not take the subject, {@code VALUE_TOO_LARGE}, {@code
     *     STORE_FULL}, or {@code OUTCOME_UNKNOWN} when the acknowledgement did not come: publish it
     *     again with the same id
     */
    CompletableFuture<Published> publishAsync(
        String subject, Optional<String> id, Map<String, String> headers, T value);
  }

  /**
   * A message that a stream has stored.
   *
   * @param sequence its place in the stream
   * @param duplicate whether the stream had stored a message of this id before; the sequence is
   *     that one's
   */
  record Published(long sequence, boolean duplicate) {}

  /**
   * The messages that a consumer gave up. They stay until they are replayed or removed, 30 days at
   * most. Thread-safe.
   */
  interface DeadLetters {

    /**
     * Returns a page of them, in the order in which they were given up.
     *
     * @param after the {@link DeadLetter#sequence} of the last one of the page before; 0 for the
     *     first page
     * @param limit how many at most, 1 to 1,000
     */
    List<DeadLetter> page(long after, int limit);

    /**
     * Publishes the message to its subject again, for this consumer alone, and removes the dead
     * letter. It counts as new: it has all its attempts. Consumers of other programs that read the
     * subject receive it too.
     *
     * @return false when there is no such dead letter any more
     */
    boolean replay(long sequence);

    /**
     * Removes a dead letter.
     *
     * @return false when there is no such dead letter any more
     */
    boolean remove(long sequence);
  }

  /**
   * A message that a consumer gave up.
   *
   * @param sequence its place among the dead letters
   * @param time when it was given up
   * @param reason why
   * @param attempts how often it was delivered
   * @param subject its subject
   * @param id its id, as {@link StreamMessage#id}
   * @param originalSequence its place in its stream
   * @param headers the publisher's headers
   * @param body its bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // it is carried, never compared
  record DeadLetter(
      long sequence,
      Instant time,
      String reason,
      int attempts,
      String subject,
      String id,
      long originalSequence,
      Map<String, String> headers,
      byte[] body) {}

  /**
   * What differs between a plan and what runs.
   *
   * @param exists whether the stream or consumer exists
   * @param differences the settings that differ; empty when it does not exist
   */
  record Changes(boolean exists, List<Difference> differences) {

    /** Copies the list. */
    public Changes {
      differences = List.copyOf(differences);
    }

    /** Returns whether all is as planned. */
    public boolean isEmpty() {
      return exists && differences.isEmpty();
    }
  }

  /**
   * A setting that differs.
   *
   * @param setting its name on the server
   * @param present what it is
   * @param wanted what it is to be
   */
  record Difference(String setting, String present, String wanted) {

    /** Prints the change. */
    @Override
    public String toString() {
      return setting + ": " + present + " -> " + wanted;
    }
  }

  /**
   * A stream as it is.
   *
   * @param name its name
   * @param created when it was created, by the server's clock
   * @param firstSequence the sequence of its first message; one more than the last when it is empty
   * @param lastSequence the last sequence that it assigned
   * @param messages how many messages it holds
   * @param bytes how many bytes they take
   * @param replicas how many copies it has
   */
  record Running(
      String name,
      Instant created,
      long firstSequence,
      long lastSequence,
      long messages,
      long bytes,
      int replicas) {}

  /**
   * A durable consumer as it is.
   *
   * @param name its name
   * @param pending how many messages it has yet to deliver for the first time
   * @param unacknowledged how many it has delivered that are not acknowledged
   * @param redelivered how many of these were delivered more than once
   * @param delivered the highest sequence that it has delivered
   * @param acknowledgedThrough the sequence up to which all is acknowledged
   */
  record RunningConsumer(
      String name,
      long pending,
      long unacknowledged,
      long redelivered,
      long delivered,
      long acknowledgedThrough) {}
}
