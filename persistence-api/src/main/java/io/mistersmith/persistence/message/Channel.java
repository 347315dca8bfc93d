package io.mistersmith.persistence.message;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.message.Message.Envelope;
import java.util.Map;
import java.util.Optional;

/**
 * A named way for messages. Immutable.
 *
 * @param name the name
 * @param kind who receives its messages
 * @param description a text for people
 * @param configuration the application's own settings, as a JSON object
 * @param active whether it takes messages; a queue delivers none while it does not
 */
public record Channel(
    String name,
    Kind kind,
    Optional<String> description,
    Map<String, Object> configuration,
    boolean active) {

  /** Who receives the messages of a channel. */
  public enum Kind {
    /** The agent that the message names. */
    DIRECT,
    /**
     * All subscribers that the message matches; or, if the message names a type of agents, all
     * agents of that type.
     */
    BROADCAST,
    /** All subscribers that the message matches, by a subject that it must have. */
    TOPIC,
    /**
     * One of the subscribers that the message matches: the one that receives it first. A message
     * waits for a subscriber when there is none.
     */
    QUEUE
  }

  /**
   * Keeps a copy of the configuration.
   *
   * @throws IllegalArgumentException when a text is not allowed
   */
  public Channel {
    String unused = Texts.require("name of a channel", name, 255);
    description.ifPresent(text -> Texts.require("description of a channel", text, 10_000));
    configuration = Map.copyOf(configuration);
  }

  /** Returns an active channel without a description. */
  public static Channel of(String name, Kind kind) {
    return new Channel(name, kind, Optional.empty(), Map.of(), true);
  }

  /** Returns a copy that is active, or not. */
  public Channel withActive(boolean takesMessages) {
    return new Channel(name, kind, description, configuration, takesMessages);
  }

  /**
   * Fails unless the channel takes messages with such an envelope.
   *
   * @throws NonTransientPersistenceException with {@code CONSTRAINT_VIOLATION} when it is not
   *     active, or the message names recipients that its kind excludes, or lacks what it needs
   */
  public void requireRoute(Envelope envelope) {
    boolean allowed =
        switch (kind) {
          case DIRECT -> envelope.to().isPresent();
          case BROADCAST -> envelope.to().isEmpty();
          case TOPIC -> isForSubscribers(envelope) && envelope.subject().isPresent();
          case QUEUE -> isForSubscribers(envelope);
        };
    if (!active || !allowed) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          "channel " + name + ": " + (active ? rule() : "it is not active, and takes no messages"));
    }
  }

  private static boolean isForSubscribers(Envelope envelope) {
    return envelope.to().isEmpty() && envelope.toType().isEmpty();
  }

  private String rule() {
    return switch (kind) {
      case DIRECT -> "a message through a direct channel must name one agent";
      case BROADCAST -> "a message through a broadcast channel cannot name one agent";
      case TOPIC ->
          "a message through a topic must have a subject, and cannot name an agent or a type";
      case QUEUE -> "a message through a queue cannot name an agent or a type";
    };
  }
}
