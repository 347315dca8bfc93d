package io.mistersmith.persistence.message;

import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Optional;

/**
 * A message that an agent received, and is to {@linkplain MessageLog#acknowledge acknowledge}
 * before the lease ends; after that it is delivered again.
 *
 * @param number names the recipient's copy, in the order in which messages were appended
 * @param agent the agent that received it
 * @param message the message
 * @param attempt 1 for the first delivery to this recipient, 2 for the second one
 * @param leasedUntil when the lease ends, by the store's clock
 */
public record Delivery(
    long number, AgentId agent, Message message, int attempt, Instant leasedUntil) {

  /**
   * What one recipient did with a message.
   *
   * @param agent the recipient; in a queue the subscriber that received it last, if one did
   * @param attempts how often it was delivered to this recipient
   * @param deliveredAt when it was first delivered
   * @param processedAt when it was acknowledged
   */
  public record Receipt(
      Optional<AgentId> agent,
      int attempts,
      Optional<Instant> deliveredAt,
      Optional<Instant> processedAt) {}
}
