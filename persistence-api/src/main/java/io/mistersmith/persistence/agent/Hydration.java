package io.mistersmith.persistence.agent;

import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;

/**
 * The result of a hydration.
 *
 * @param agent the agent whose entries are hydrated
 * @param keys how many live keys PostgreSQL has
 * @param brought how many of them were brought into KV; the others were there, or newer
 * @param bytes the size of the values that were brought
 * @param took how long it took
 */
public record Hydration(AgentId agent, int keys, int brought, long bytes, Duration took) {

  /**
   * How far a hydration is. Several arrive in order, the last one with {@code done} equal to {@code
   * total}.
   *
   * @param agent the agent whose entries are hydrated
   * @param done how many of the keys are in KV, brought there or found there
   * @param total how many live keys PostgreSQL has
   * @param bytes the size of the values that were brought so far
   */
  public record Progress(AgentId agent, int done, int total, long bytes) {}
}
