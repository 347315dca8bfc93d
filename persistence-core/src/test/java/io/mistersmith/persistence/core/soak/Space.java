package io.mistersmith.persistence.core.soak;

/** Kinds of keys, by the operations on them and thus by the promises that can be checked. */
enum Space {
  /** Written by one thread alone, and deleted by it. */
  OWNED,
  /** Like {@link #OWNED}, and what is in it may end by itself. */
  EXPIRING,
  /** Like {@link #OWNED}, in KV alone. */
  SESSION,
  /** Like {@link #OWNED}, of the agent that all write. */
  MEMBER,
  /** Written and deleted by all. */
  SHARED,
  /** Written by all, with rules for conflicts. */
  RESOLVED,
  /** Keys of an unregistered agent: all of them become dead letters. */
  REFUSED,
  /** An agent in the registry, saved by one thread alone. */
  REGISTRY,
  /** A counter that all count up. */
  COUNTER,
  /** A set that all add to, and take their own elements from. */
  SET;

  boolean hasOneWriter() {
    return this == OWNED
        || this == MEMBER
        || this == EXPIRING
        || this == SESSION
        || this == REGISTRY;
  }
}
