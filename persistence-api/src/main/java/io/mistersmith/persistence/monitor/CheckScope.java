package io.mistersmith.persistence.monitor;

/**
 * Which entries a check of consistency compares. What is in PostgreSQL alone has no counterpart.
 */
public sealed interface CheckScope {

  /**
   * The keys of about this many journal entries, taken at random places of the bucket.
   *
   * @param entries how many
   */
  record Sample(int entries) implements CheckScope {}

  /**
   * All keys of one agent that are in KV.
   *
   * @param agent the agent
   */
  record OfAgent(String agent) implements CheckScope {}

  /** All keys that are in KV, and the orphans in PostgreSQL. Reads both stores in full. */
  record Everything() implements CheckScope {}

  /** The keys of about this many entries, at random. */
  static CheckScope sample(int entries) {
    return new Sample(entries);
  }

  /** All keys of an agent. */
  static CheckScope agent(String agent) {
    return new OfAgent(agent);
  }

  /** All keys. */
  static CheckScope everything() {
    return new Everything();
  }
}
