package io.mistersmith.persistence.message;

import io.mistersmith.persistence.message.Message.Envelope;
import io.mistersmith.persistence.model.AgentId;
import java.util.Map;
import java.util.Optional;

/**
 * Has an agent receive messages of a channel: those whose subject the pattern matches, and that
 * have all the headers of the filters. An agent may have several subscriptions to a channel, with
 * different patterns; it receives a message once. Immutable.
 *
 * @param agent the subscriber
 * @param channel the name of the channel
 * @param pattern words with dots between them: {@code *} stands for any one word, {@code >} at the
 *     end for one or more; empty for every message, also without a subject
 * @param filters headers that a message must have, with these values; empty for every message
 * @param active whether it counts
 */
public record Subscription(
    AgentId agent,
    String channel,
    Optional<String> pattern,
    Map<String, String> filters,
    boolean active) {

  /**
   * Keeps a copy of the filters.
   *
   * @throws IllegalArgumentException when a text is not allowed, the pattern has an empty word, or
   *     {@code >} is not its last word
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     INVALID_KEY} when the agent is an owner outside the registry
   */
  public Subscription {
    AgentId unused = agent.requireRegistered("subscriptions");
    String unusedName = Texts.require("name of a channel", channel, 255);
    pattern.ifPresent(Subscription::requirePattern);
    Texts.require("filters", filters);
    filters = Map.copyOf(filters);
  }

  private static void requirePattern(String pattern) {
    String unused = Texts.require("pattern", pattern, 255);
    String[] words = pattern.split("\\.", -1);
    for (int i = 0; i < words.length; i++) {
      if (words[i].isEmpty() || (words[i].equals(">") && i < words.length - 1)) {
        throw new IllegalArgumentException(
            "pattern " + pattern + ": give words with dots between them, and > as the last alone");
      }
    }
  }

  /** Returns a subscription to every message of a channel. */
  public static Subscription of(AgentId agent, String channel) {
    return new Subscription(agent, channel, Optional.empty(), Map.of(), true);
  }

  /** Returns a copy for subjects that the pattern matches. */
  public Subscription withPattern(String newPattern) {
    return new Subscription(agent, channel, Optional.of(newPattern), filters, active);
  }

  /** Returns a copy for messages that have these headers. */
  public Subscription withFilters(Map<String, String> newFilters) {
    return new Subscription(agent, channel, pattern, newFilters, active);
  }

  /** Returns a copy that counts, or not. */
  public Subscription withActive(boolean counts) {
    return new Subscription(agent, channel, pattern, filters, counts);
  }

  /** Returns whether a message of the channel is for the subscriber. */
  public boolean matches(Envelope envelope) {
    return active
        && pattern.map(words -> matches(words, envelope.subject())).orElse(true)
        && envelope.headers().entrySet().containsAll(filters.entrySet());
  }

  private static boolean matches(String pattern, Optional<String> subject) {
    if (subject.isEmpty()) {
      return false;
    }
    String[] wanted = pattern.split("\\.", -1);
    String[] words = subject.get().split("\\.", -1);
    int last = wanted.length - 1;
    boolean open = wanted[last].equals(">");
    if (open ? words.length < wanted.length : words.length != wanted.length) {
      return false;
    }
    for (int i = 0; i <= last; i++) {
      boolean any = wanted[i].equals("*") || (open && i == last);
      if (!any && !wanted[i].equals(words[i])) {
        return false;
      }
    }
    return true;
  }
}
