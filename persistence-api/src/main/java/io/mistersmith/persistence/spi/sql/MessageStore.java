package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Delivery.Receipt;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Messages, their deliveries, channels and subscriptions. Its clock decides about leases and
 * expiry. {@link io.mistersmith.persistence.message.MessageLog} says what each call does, and what
 * it throws. Thread-safe.
 */
public interface MessageStore {

  /**
   * A message to append.
   *
   * @param draft the message
   * @param payload its payload as JSON
   */
  record NewMessage(Draft draft, String payload) {}

  /** Appends messages that are persistent, all or none; returns their ids in the same order. */
  List<Message.Id> append(List<NewMessage> messages);

  /** Delivers messages to an agent. */
  List<Delivery> receive(AgentId agent, int limit, Duration lease);

  /** Acknowledges deliveries; returns how many of them were the latest ones and still open. */
  int acknowledge(Collection<Delivery> deliveries);

  /** Returns a message. */
  @SqlAccess.Read
  Optional<Message> find(Message.Id id);

  /** Returns a page of messages. */
  @SqlAccess.Read
  List<Message> find(MessageQuery query);

  /** Returns what each recipient did with a message. */
  @SqlAccess.Read
  List<Receipt> receipts(Message.Id id);

  /** Deletes at most so many messages that were sent longer ago; returns how many. */
  int prune(Duration age, int limit);

  /**
   * Removes at most so many deliveries that no agent can receive any more: open ones that expired
   * and are not leased, and those of messages that the log dropped. Returns how many.
   */
  int sweepDeliveries(int limit);

  /** Creates or changes a channel. */
  void saveChannel(Channel channel);

  /** Returns a channel. */
  @SqlAccess.Read
  Optional<Channel> channel(String name);

  /** Returns all channels by their names. */
  @SqlAccess.Read
  List<Channel> channels();

  /** Deletes a channel; returns whether there was one. */
  boolean deleteChannel(String name);

  /** Creates or changes a subscription. */
  void subscribe(Subscription subscription);

  /** Deletes a subscription; returns whether there was one. */
  boolean unsubscribe(Subscription subscription);

  /** Returns the subscriptions to a channel in the order in which they were created. */
  @SqlAccess.Read
  List<Subscription> subscriptions(String channel);
}
