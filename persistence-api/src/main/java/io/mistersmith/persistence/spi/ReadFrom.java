package io.mistersmith.persistence.spi;

/** Who may answer a read of a replicated bucket. */
public enum ReadFrom {
  /** Any replica: fast, but it may not have the latest write yet. */
  ANY_REPLICA,
  /** The leader: what it answers includes every acknowledged write. */
  LEADER
}
