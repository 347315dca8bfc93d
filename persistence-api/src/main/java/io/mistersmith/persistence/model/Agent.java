package io.mistersmith.persistence.model;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A registered agent (a row of {@code agents.registry}). Immutable; {@code with…} methods copy.
 *
 * <p>Its maps are JSON objects, and a saved agent has them as every store gives them back: numbers
 * as {@link Integer}, {@link Long}, {@link java.math.BigInteger} or, with a fraction or an
 * exponent, {@link Double}; zero without a sign; other values as text; nested members sorted by the
 * length of their names and then by bytes. {@code save} returns the agent in that form.
 *
 * @param id the agent's id, of no owner outside the registry
 * @param type what kind of agent it is, 1 to 50 characters
 * @param name its name, 1 to 255 characters
 * @param status its status
 * @param capabilities what it can do, as a JSON object
 * @param configuration how it is set up, as a JSON object
 * @param metadata anything else, as a JSON object; what is given must hold {@code created_at} (ISO
 *     8601) and {@code version}, which the registry fills in when it is empty
 * @param parent the agent that made it, if one did
 */
public record Agent(
    AgentId id,
    String type,
    String name,
    Agent.Status status,
    Map<String, Object> capabilities,
    Map<String, Object> configuration,
    Map<String, Object> metadata,
    Optional<AgentId> parent) {

  /**
   * Checks the lengths that the registry's columns have.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     INVALID_KEY} when the id or the parent is an owner outside the registry
   */
  public Agent {
    Objects.requireNonNull(id, "agent: id is null; give it AgentId.random()");
    AgentId unused = id.requireRegistered("agents");
    parent.ifPresent(of -> of.requireRegistered("parents of agents"));
    checkLength("type", type, 50);
    checkLength("name", name, 255);
    Objects.requireNonNull(status, "agent: status is null");
    capabilities = Map.copyOf(capabilities);
    configuration = Map.copyOf(configuration);
    metadata = Map.copyOf(metadata);
    if (parent.isPresent() && parent.get().equals(id)) {
      throw new IllegalArgumentException("agent " + id + ": an agent cannot be its own parent");
    }
  }

  /** An initializing agent with a random id and nothing but a type and a name. */
  public static Agent of(String type, String name) {
    return of(AgentId.random(), type, name);
  }

  /** An initializing agent with nothing but an id, a type and a name. */
  public static Agent of(AgentId id, String type, String name) {
    return new Agent(
        id, type, name, Agent.Status.INITIALIZING, Map.of(), Map.of(), Map.of(), Optional.empty());
  }

  /** This agent in another status. */
  public Agent withStatus(Agent.Status newStatus) {
    return new Agent(id, type, name, newStatus, capabilities, configuration, metadata, parent);
  }

  /** This agent with other capabilities. */
  public Agent withCapabilities(Map<String, Object> newCapabilities) {
    return new Agent(id, type, name, status, newCapabilities, configuration, metadata, parent);
  }

  /** This agent with another configuration. */
  public Agent withConfiguration(Map<String, Object> newConfiguration) {
    return new Agent(id, type, name, status, capabilities, newConfiguration, metadata, parent);
  }

  /** This agent with other metadata. */
  public Agent withMetadata(Map<String, Object> newMetadata) {
    return new Agent(id, type, name, status, capabilities, configuration, newMetadata, parent);
  }

  /** This agent under a parent. */
  public Agent withParent(AgentId newParent) {
    return new Agent(
        id, type, name, status, capabilities, configuration, metadata, Optional.of(newParent));
  }

  private static void checkLength(String field, String text, int most) {
    Objects.requireNonNull(text, () -> "agent: " + field + " is null");
    int length = text.codePointCount(0, text.length());
    if (length < 1 || length > most) {
      throw new IllegalArgumentException(
          "agent: " + field + " has " + length + " characters; give it 1 to " + most);
    }
  }

  /** The status of an agent in its registry ({@code agent_status_type} in PostgreSQL). */
  public enum Status {
    /** Created, not yet able to work. */
    INITIALIZING,
    /** Working. */
    ACTIVE,
    /** Able to work, with nothing to do. */
    IDLE,
    /** Held back by an operator or a policy. */
    SUSPENDED,
    /** Ended for good. */
    TERMINATED,
    /** Stopped by a fault. */
    ERROR
  }
}
