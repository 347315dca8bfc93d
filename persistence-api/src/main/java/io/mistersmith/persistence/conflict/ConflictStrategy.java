package io.mistersmith.persistence.conflict;

/** How a resolver decides, as a name for logs and metrics (seed section 6.2). */
public enum ConflictStrategy {
  /** The version with the later hybrid timestamp stays. */
  LAST_WRITE_WINS,
  /** The version that has seen the other stays; versions that have not are handed on. */
  VECTOR_CLOCK,
  /** Both are merged as CRDTs. */
  CRDT_MERGE,
  /** A function of the caller decides. */
  CUSTOM_MERGE,
  /** The writer is told, and nothing is stored. */
  REJECT
}
