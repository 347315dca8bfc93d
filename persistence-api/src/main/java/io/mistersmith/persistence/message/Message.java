package io.mistersmith.persistence.message;

import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A message in the log. Obtain the payload as an object by {@link MessageLog#payload}.
 *
 * @param id the id
 * @param envelope what it is, and where it goes
 * @param payload the payload as JSON
 * @param expiresAt when it expires, by the store's clock
 * @param marks what was done with it so far
 */
public record Message(
    Id id, Envelope envelope, String payload, Optional<Instant> expiresAt, Marks marks) {

  /** The largest priority, which is delivered first. */
  public static final int MAX_PRIORITY = 10;

  /** Returns the sender. */
  public Optional<AgentId> from() {
    return envelope.from();
  }

  /** Returns the subject. */
  public Optional<String> subject() {
    return envelope.subject();
  }

  /**
   * Returns the correlation id that replies have: the message's own, or else the UUID of its id.
   */
  public UUID conversation() {
    return envelope.correlation().orElse(id.uuid());
  }

  /** The kinds of messages. */
  public enum Type {
    /** Asks the recipient to do something. */
    COMMAND,
    /** Asks the recipient for an answer. */
    QUERY,
    /** Answers a message. */
    RESPONSE,
    /** Tells what happened. */
    NOTIFICATION,
    /** Tells that the sender is alive; the only kind that needs no recipient. */
    HEARTBEAT,
    /** Tells that a message could not be answered. */
    ERROR
  }

  /**
   * Names a message, by its UUID and the time at which it was sent: the log is partitioned by time.
   *
   * @param uuid the UUID
   * @param sentAt the time, cut to the microsecond
   */
  public record Id(UUID uuid, Instant sentAt) {

    /** Cuts the time to the microsecond. */
    public Id {
      sentAt = sentAt.truncatedTo(ChronoUnit.MICROS);
    }

    /** Returns an id with a random UUID. */
    public static Id at(Instant sentAt) {
      return new Id(UUID.randomUUID(), sentAt);
    }
  }

  /**
   * What a message is, and where it goes. {@link Draft} says what is allowed.
   *
   * @param type the kind of the message
   * @param from the sender
   * @param to the recipient
   * @param toType the type of agents that all receive it
   * @param channel the name of the channel
   * @param subject the subject: words with dots between them, which patterns select
   * @param headers texts by name, which filters select
   * @param correlation what ties a reply to its request
   * @param replyTo the subject that a reply shall have
   * @param priority 0 to 10; the highest is delivered first
   */
  public record Envelope(
      Type type,
      Optional<AgentId> from,
      Optional<AgentId> to,
      Optional<String> toType,
      Optional<String> channel,
      Optional<String> subject,
      Map<String, String> headers,
      Optional<UUID> correlation,
      Optional<String> replyTo,
      int priority) {

    /** Keeps a copy of the headers. */
    public Envelope {
      headers = Map.copyOf(headers);
    }
  }

  /**
   * What was done with a message. {@link MessageLog#receipts} has the same for each recipient.
   *
   * @param deliveredAt when it was first delivered to a recipient
   * @param processedAt when the last of its recipients acknowledged it
   * @param attempts how often it was delivered to the recipient that it was delivered to most often
   */
  public record Marks(Optional<Instant> deliveredAt, Optional<Instant> processedAt, int attempts) {

    /** Returns the marks of a message that was not delivered yet. */
    public static Marks none() {
      return new Marks(Optional.empty(), Optional.empty(), 0);
    }
  }
}
