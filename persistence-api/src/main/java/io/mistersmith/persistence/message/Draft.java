package io.mistersmith.persistence.message;

import io.mistersmith.persistence.message.Message.Envelope;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message that is not in the log yet. Immutable, made by a {@link Builder}.
 *
 * <p>A message goes to one agent, to all agents of a type, or through a channel. A response or an
 * error may have a correlation id or a subject alone; a heartbeat needs none of these.
 *
 * @param envelope what it is, and where it goes
 * @param payload an object that Jackson maps to JSON
 * @param id the id; without one the store gives it a random id and its own time
 * @param timeToLive how long after the append it is delivered at most
 * @param persistent whether the log keeps it
 */
public record Draft(
    Envelope envelope,
    Object payload,
    Optional<Message.Id> id,
    Optional<Duration> timeToLive,
    boolean persistent) {

  private static final Duration LONGEST_TIME_TO_LIVE = Duration.ofDays(36_500);

  /**
   * Checks what the log demands.
   *
   * @throws IllegalArgumentException when the priority, a text, a time or the route is not allowed
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     INVALID_KEY} when an agent is an owner outside the registry
   */
  public Draft {
    Texts.requireAgent(envelope.from());
    Texts.requireAgent(envelope.to());
    envelope.toType().ifPresent(type -> Texts.require("type of agents", type, 50));
    envelope.channel().ifPresent(name -> Texts.require("name of a channel", name, 255));
    envelope.subject().ifPresent(subject -> Texts.require("subject", subject, 255));
    envelope.replyTo().ifPresent(subject -> Texts.require("subject of replies", subject, 255));
    Texts.require("headers", envelope.headers());
    require(
        envelope.priority() >= 0 && envelope.priority() <= Message.MAX_PRIORITY,
        "a priority of " + envelope.priority() + ": give 0 to " + Message.MAX_PRIORITY);
    require(
        timeToLive
            .map(time -> time.compareTo(Duration.ofMillis(1)) >= 0 && isShort(time))
            .orElse(true),
        "a time to live of " + timeToLive + ": give a millisecond to 100 years");
    requireRoute(envelope);
  }

  private static boolean isShort(Duration time) {
    return time.compareTo(LONGEST_TIME_TO_LIVE) <= 0;
  }

  private static void requireRoute(Envelope envelope) {
    boolean heartbeat = envelope.type() == Message.Type.HEARTBEAT;
    boolean reply =
        envelope.type() == Message.Type.RESPONSE || envelope.type() == Message.Type.ERROR;
    require(
        envelope.to().isEmpty() || envelope.toType().isEmpty(),
        "a message goes to one agent or to a type of agents, not to both");
    require(
        heartbeat
            || envelope.to().isPresent()
            || envelope.toType().isPresent()
            || envelope.channel().isPresent()
            || (reply && (envelope.correlation().isPresent() || envelope.replyTo().isPresent())),
        "a message of type "
            + envelope.type()
            + " needs an agent, a type of agents or a channel to go to");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Begins a message. */
  public static Builder of(Message.Type type, Object payload) {
    return new Builder(type, payload);
  }

  /**
   * Begins a reply: to the sender of the request, with its {@linkplain Message#conversation
   * correlation id} and the subject that it asked for.
   *
   * @param type {@code RESPONSE} or {@code ERROR}
   */
  public static Builder reply(Message request, Message.Type type, Object payload) {
    Builder reply = of(type, payload).correlation(request.conversation());
    request.from().ifPresent(reply::to);
    request.envelope().to().ifPresent(reply::from);
    request.envelope().replyTo().ifPresent(reply::subject);
    return reply;
  }

  /** Makes a message. For one thread. */
  public static final class Builder {

    private final Message.Type type;
    private final Object payload;
    private final Map<String, String> headers = new HashMap<>();
    private @Nullable AgentId from;
    private @Nullable AgentId to;
    private @Nullable String toType;
    private @Nullable String channel;
    private @Nullable String subject;
    private @Nullable UUID correlation;
    private @Nullable String replyTo;
    private int priority;
    private Message.@Nullable Id id;
    private @Nullable Duration timeToLive;
    private boolean persistent = true;

    private Builder(Message.Type type, Object payload) {
      this.type = type;
      this.payload = payload;
    }

    /** Names the sender. */
    public Builder from(AgentId agent) {
      from = agent;
      return this;
    }

    /** Sends the message to one agent. */
    public Builder to(AgentId agent) {
      to = agent;
      return this;
    }

    /** Sends the message to all agents that are registered with this type when it is appended. */
    public Builder toType(String agentType) {
      toType = agentType;
      return this;
    }

    /** Sends the message through a channel; {@link Channel.Kind} says to whom. */
    public Builder channel(String name) {
      channel = name;
      return this;
    }

    /** Gives the message a subject: words with dots between them, such as {@code trip.booked}. */
    public Builder subject(String text) {
      subject = text;
      return this;
    }

    /** Adds a header, or replaces it. */
    public Builder header(String name, String value) {
      headers.put(name, value);
      return this;
    }

    /** Gives the message a correlation id. */
    public Builder correlation(UUID uuid) {
      correlation = uuid;
      return this;
    }

    /** Asks for this subject in replies. */
    public Builder replyTo(String replySubject) {
      replyTo = replySubject;
      return this;
    }

    /** Sets the priority, 0 to {@value Message#MAX_PRIORITY}; it is 0 unless set. */
    public Builder priority(int highestFirst) {
      priority = highestFirst;
      return this;
    }

    /** Lets the message expire so long after it was appended, by the store's clock. */
    public Builder expiresAfter(Duration time) {
      timeToLive = time;
      return this;
    }

    /**
     * Names the message. An append of an id that the log has already does nothing, so that an
     * append can be repeated.
     */
    public Builder id(Message.Id newId) {
      id = newId;
      return this;
    }

    /**
     * Says whether the log keeps the message; it does unless told otherwise. Others are published
     * to the stream {@code AGENT_MESSAGES}: see {@link MessageLog#appendAll}.
     */
    public Builder persistent(boolean kept) {
      persistent = kept;
      return this;
    }

    /**
     * Makes the message.
     *
     * @throws IllegalArgumentException as {@link Draft} does
     */
    public Draft build() {
      return new Draft(
          new Envelope(
              type,
              Optional.ofNullable(from),
              Optional.ofNullable(to),
              Optional.ofNullable(toType),
              Optional.ofNullable(channel),
              Optional.ofNullable(subject),
              headers,
              Optional.ofNullable(correlation),
              Optional.ofNullable(replyTo),
              priority),
          payload,
          Optional.ofNullable(id),
          Optional.ofNullable(timeToLive),
          persistent);
    }
  }
}
