package io.mistersmith.persistence.model;

/** Where data lives, or which layer answered a read (seed section 1.1). */
public enum StorageLayer {
  /** This process's memory. */
  MEMORY_CACHE,
  /** NATS JetStream KV: hot state, short-term. */
  DISTRIBUTED_KV,
  /** PostgreSQL: everything, for good. */
  RELATIONAL_DB,
  /** PostgreSQL with vectors, for search by meaning. */
  VECTOR_STORE
}
