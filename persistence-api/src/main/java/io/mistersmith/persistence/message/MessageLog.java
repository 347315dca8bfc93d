package io.mistersmith.persistence.message;

import io.mistersmith.persistence.message.Delivery.Receipt;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The messages between agents, in PostgreSQL: all that were sent, and for each agent those that it
 * has yet to process. Obtain it by {@link io.mistersmith.persistence.Persistence#messages}, or in a
 * transaction by {@link io.mistersmith.persistence.transaction.Transaction#messages}.
 *
 * <p>A message is delivered at least once to each recipient. An agent receives a message, which
 * leases it to the agent for a while, and acknowledges it. Without an acknowledgement the message
 * is delivered again when the lease has ended. Times are those of the store's clock.
 *
 * <p>The recipients are decided when the message is appended, except in a queue. Agents that
 * subscribe later do not receive it.
 */
public interface MessageLog {

  /** The most messages that a call receives. */
  int MAX_BATCH = 1_000;

  /** The longest lease. */
  Duration MAX_LEASE = Duration.ofDays(1);

  /** Appends one message; see {@link #appendAll}. */
  default Message.Id append(Draft message) {
    return appendAll(List.of(message)).get(0);
  }

  /**
   * Appends messages, all or none. Within one priority a recipient receives them in this order.
   *
   * <p>Messages that are not {@linkplain Draft#persistent persistent} are published to the stream
   * {@code AGENT_MESSAGES} instead, one by one, as {@link Message} in JSON: {@code
   * messages.direct.<agent>}, {@code messages.broadcast.<channel or type>} or, of notifications,
   * {@code messages.notification.<agent, channel or type>}. The log does not have them, {@link
   * #receive} does not deliver them, and neither channels nor agents are looked up. The stream is
   * in memory and keeps them for 5 minutes; a restart of nats-server loses them.
   *
   * @return their ids, in the same order
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     NOT_FOUND} when a channel does not exist; with {@code CONSTRAINT_VIOLATION} when an agent
   *     is not registered, or a channel does not take the message; with {@code SERIALIZATION_ERROR}
   *     when a payload has no mapping to JSON; with {@code MISCONFIGURED} for a message that is not
   *     persistent in a transaction, where a stream takes no part
   * @throws IllegalArgumentException when some are persistent and others are not
   */
  List<Message.Id> appendAll(List<Draft> messages);

  /**
   * Delivers messages to an agent: first those of the highest priority, and within one priority in
   * the order in which they were appended. A message is not delivered while another delivery of it
   * to this recipient is leased, nor after it expired, nor after it was acknowledged.
   *
   * @param limit how many at most, up to {@value #MAX_BATCH}
   * @param lease how long the agent has time to acknowledge them, up to a day
   * @return what there is now, without waiting for more; empty when there is nothing
   */
  List<Delivery> receive(AgentId agent, int limit, Duration lease);

  /**
   * Marks a message as processed by its recipient.
   *
   * @return false when it was acknowledged before, or is not this delivery's any more: the lease
   *     ended and it was delivered again, or it expired and was removed
   */
  default boolean acknowledge(Delivery delivery) {
    return acknowledgeAll(List.of(delivery)) == 1;
  }

  /** {@link #acknowledge(Delivery)} of many; returns for how many it is true. */
  int acknowledgeAll(Collection<Delivery> deliveries);

  /** Returns a message. */
  Optional<Message> find(Message.Id id);

  /**
   * Returns a page of messages. Fewer than the query's limit are on the last page alone; ask for
   * the next one with {@code query.after(id of the last one)}.
   */
  List<Message> find(MessageQuery query);

  /** Returns the first response or error that has the {@link Message#conversation} of a request. */
  Optional<Message> reply(Message request);

  /** Returns what each recipient did with a message, in the order of the recipients' copies. */
  List<Receipt> receipts(Message.Id id);

  /**
   * Returns a message's payload as an object.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     SERIALIZATION_ERROR} when the payload does not map to the type
   */
  <T> T payload(Message message, Class<T> type);

  /**
   * Deletes messages that were sent longer ago, whether they were delivered or not. Not needed for
   * the log to stay bounded: PostgreSQL drops its partitions after 30 days, unless {@code
   * partitions.settings} says otherwise.
   *
   * @return how many
   */
  long prune(Duration age);

  /**
   * Creates a channel, or changes its description, configuration and activity.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     DUPLICATE_KEY} when there is a channel of this name and another kind
   */
  void save(Channel channel);

  /** Returns a channel. */
  Optional<Channel> channel(String name);

  /** Returns all channels, by their names. */
  List<Channel> channels();

  /**
   * Deletes a channel with its subscriptions. What waits in a queue is not delivered any more; the
   * messages stay in the log.
   *
   * @return whether there was one
   */
  boolean deleteChannel(String name);

  /**
   * Subscribes an agent to a channel, or changes the subscription that the agent has there with
   * this pattern.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     NOT_FOUND} when there is no such channel; with {@code CONSTRAINT_VIOLATION} when the agent
   *     is not registered
   */
  void subscribe(Subscription subscription);

  /**
   * Deletes the subscription of this agent, channel and pattern. What was appended before is still
   * delivered, except in a queue.
   *
   * @return whether there was one
   */
  boolean unsubscribe(Subscription subscription);

  /** Returns the subscriptions to a channel, in the order in which they were created. */
  List<Subscription> subscriptions(String channel);
}
